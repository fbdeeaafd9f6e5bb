import type { NetworkDetails, NetworkPort } from '../../shared/model/virtual-network.ts';

/** What goes over one adapter, in bytes per second, as the guest sees it. */
export interface Traffic {
  inBytesPerSecond: number;
  outBytesPerSecond: number;
}

/** Every network that could be asked, at one moment. */
export interface NetworksNow {
  atMs: number;
  details: readonly NetworkDetails[];
}

export function portKey({ machineId, adapter }: Pick<NetworkPort, 'machineId' | 'adapter'>): string {
  return `${machineId}/${adapter}`;
}

/** The ports of all networks, by `portKey`. */
export function portsOf(details: readonly NetworkDetails[]): Map<string, NetworkPort> {
  return new Map(details.flatMap(({ ports }) => ports.map((port) => [portKey(port), port])));
}

/** What went over each port between two looks. A port that is new, or whose counters began anew, has no traffic yet. */
export function trafficBetween(before: NetworksNow, after: NetworksNow): Map<string, Traffic> {
  const seconds = (after.atMs - before.atMs) / 1000;
  const old = portsOf(before.details);
  const traffic = new Map<string, Traffic>();
  if (seconds <= 0) return traffic;
  for (const [key, port] of portsOf(after.details)) {
    const past = old.get(key);
    if (past === undefined || port.inBytes < past.inBytes || port.outBytes < past.outBytes) continue;
    traffic.set(key, {
      inBytesPerSecond: (port.inBytes - past.inBytes) / seconds,
      outBytesPerSecond: (port.outBytes - past.outBytes) / seconds,
    });
  }
  return traffic;
}

/** How thick a line is drawn, 1.25 to 5 pixels: a step for each tenfold of the traffic. */
export function lineWidth({ inBytesPerSecond, outBytesPerSecond }: Traffic): number {
  const bytes = inBytesPerSecond + outBytesPerSecond;
  return bytes < 1 ? 1.25 : Math.min(5, 1.5 + 0.5 * Math.log10(bytes));
}
