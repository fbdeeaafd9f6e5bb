import type { EngineId } from '../../shared/model/engine.ts';
import { formatBytes, MIB } from '../../shared/units.ts';

/**
 * Memory that an engine takes beyond the guest's own. Embedded: emulator and compiled guest code, measured at 113 to
 * 148 MiB for a booted Linux guest. QEMU: its own heap and code cache.
 */
export const ENGINE_OVERHEAD_BYTES: Record<EngineId, number> = {
  embedded: 150 * MIB,
  qemu: 160 * MIB,
  fake: 0,
};

/** A machine that is online and its claim on the host's memory. */
export interface MemoryClaim {
  /** Memory that the guest was promised, in bytes. */
  promisedBytes: number;
  /** What its process holds already, in bytes; this part is no longer in the host's available memory. */
  residentBytes: number;
  engine: EngineId;
}

export interface AdmissionRequest {
  /** Name of the machine that wants to start. */
  name: string;
  memoryBytes: number;
  engine: EngineId;
  hostAvailableBytes: number;
  /** The machines that are online or on their way there. */
  others: MemoryClaim[];
}

/** All sizes in bytes. */
export interface AdmissionNumbers extends Record<string, unknown> {
  availableBytes: number;
  /** What running machines were promised and have not touched yet. */
  promisedToOthersBytes: number;
  memoryBytes: number;
  engineOverheadBytes: number;
  /** How much is lacking; 0 when admitted. */
  shortBytes: number;
}

export type Admission =
  | { isAdmitted: true; numbers: AdmissionNumbers }
  | { isAdmitted: false; numbers: AdmissionNumbers; message: string; hint: string };

/** What the machine may still come to hold: its promise and its engine's overhead, less what it holds now. */
function outstandingBytes({ promisedBytes, residentBytes, engine }: MemoryClaim): number {
  return Math.max(0, promisedBytes + ENGINE_OVERHEAD_BYTES[engine] - residentBytes);
}

/**
 * Decides whether the host can keep its promise of memory to one more machine. Pure; sizes in bytes.
 *
 * Admitted when `available >= outstanding promises of the others + memory + engine overhead`. Guests touch their
 * memory little by little, so available memory alone would admit machines that later cannot all be served.
 */
export function admit(request: AdmissionRequest): Admission {
  const promisedToOthersBytes = request.others.reduce((sum, claim) => sum + outstandingBytes(claim), 0);
  const engineOverheadBytes = ENGINE_OVERHEAD_BYTES[request.engine];
  const neededBytes = request.memoryBytes + engineOverheadBytes;
  const shortBytes = Math.max(0, promisedToOthersBytes + neededBytes - request.hostAvailableBytes);
  const numbers = {
    availableBytes: request.hostAvailableBytes,
    promisedToOthersBytes,
    memoryBytes: request.memoryBytes,
    engineOverheadBytes,
    shortBytes,
  };
  if (shortBytes === 0) return { isAdmitted: true, numbers };
  const promised = promisedToOthersBytes > 0 ? `, ${formatBytes(promisedToOthersBytes)} of it promised to others` : '';
  return {
    isAdmitted: false,
    numbers,
    message:
      `Cannot start '${request.name}' because the host is short of ${formatBytes(shortBytes)} of memory: the machine ` +
      `needs ${formatBytes(request.memoryBytes)} and its engine ${formatBytes(engineOverheadBytes)}, ` +
      `and ${formatBytes(request.hostAvailableBytes)} are available${promised}.`,
    hint: `Give '${request.name}' less memory, or save or power off another machine, then start it again.`,
  };
}
