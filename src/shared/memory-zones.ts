/** How much memory a machine may be given on this host: safe, then tight, then too much. */
export interface MemoryZones {
  /** Up to here the host keeps enough for itself. */
  greenMiB: number;
  /** Up to here it is a warning; above, an error. */
  amberMiB: number;
  /** Right end of a slider: the host's memory, rounded up to 1 GiB. */
  maxMiB: number;
}

/** Shares of the host's memory by its size (field guide §2.6, "RAM slider zones"). */
const SHARES: readonly { belowMiB: number; green: number; amber: number }[] = [
  { belowMiB: 3 * 1024, green: 50, amber: 75 },
  { belowMiB: 4 * 1024, green: 50, amber: 80 },
  { belowMiB: 6 * 1024, green: 60, amber: 84 },
  { belowMiB: 8 * 1024, green: 65, amber: 88 },
  { belowMiB: 16 * 1024, green: 70, amber: 90 },
  { belowMiB: 32 * 1024, green: 75, amber: 93 },
  { belowMiB: 64 * 1024, green: 80, amber: 94 },
  { belowMiB: 128 * 1024, green: 85, amber: 95 },
  { belowMiB: Number.POSITIVE_INFINITY, green: 90, amber: 96 },
];

/** The zones for a host with this much memory in all, in MiB. */
export function memoryZones(hostMemoryMiB: number): MemoryZones {
  const { green, amber } = sharesOf(hostMemoryMiB);
  return {
    greenMiB: Math.floor((hostMemoryMiB * green) / 100),
    amberMiB: Math.floor((hostMemoryMiB * amber) / 100),
    maxMiB: Math.ceil(hostMemoryMiB / 1024) * 1024,
  };
}

/** The share of the host's memory, in percent, above which giving it to one machine is an error. */
export function amberPercent(hostMemoryMiB: number): number {
  return sharesOf(hostMemoryMiB).amber;
}

function sharesOf(hostMemoryMiB: number): { green: number; amber: number } {
  return SHARES.find(({ belowMiB }) => hostMemoryMiB < belowMiB) ?? { green: 90, amber: 96 };
}
