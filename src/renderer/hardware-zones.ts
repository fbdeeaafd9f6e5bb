import { memoryZones } from '../shared/memory-zones.ts';
import type { AdmissionReport } from '../shared/model/admission.ts';
import type { EngineChoice, EngineInfo } from '../shared/model/engine.ts';
import { LIMITS } from '../shared/model/hardware.ts';
import type { HostUsage } from '../shared/model/usage.ts';
import { formatBytes, GIB, MIB } from '../shared/units.ts';

/** A slider's scale, and the last values of its green and amber ground. */
export interface SliderRange {
  green: number;
  amber: number;
  min: number;
  max: number;
  step: number;
}

/** The engines that could run a machine with this choice and are installed. */
function candidates(choice: EngineChoice, engines: readonly EngineInfo[]): readonly EngineInfo[] {
  return engines.filter(({ id, isAvailable }) => isAvailable && (choice === 'auto' ? id !== 'fake' : id === choice));
}

/** What the memory slider offers: as far as the host's memory and the engines go (field guide §2.6). */
export function memoryRange(host: HostUsage | undefined, choice: EngineChoice, engines: readonly EngineInfo[]) {
  const { greenMiB, amberMiB, maxMiB } = memoryZones((host?.memoryTotalBytes ?? 8 * GIB) / MIB);
  const most = Math.max(0, ...candidates(choice, engines).map(({ capabilities }) => capabilities.maxMemoryMiB));
  const max = most === 0 ? maxMiB : Math.min(maxMiB, most);
  return { min: 0, max, step: pageStep(max), green: Math.min(max, greenMiB), amber: Math.min(max, amberMiB) };
}

/**
 * The memory slider's ground by what could be given now: green as far as a start is admitted, amber as far as it would be
 * if running machines kept to what they hold, red beyond. What others have been promised is drawn in after the green.
 * Without a report (none has come yet) the zones of the host's size stay.
 */
export function availableZones(range: SliderRange, report: AdmissionReport | undefined) {
  if (report === undefined) return { ...range, taken: undefined };
  const { availableBytes, hostReserveBytes, promisedToOthersBytes, engineOverheadBytes } = report.numbers;
  const roomMiB = Math.max(0, availableBytes - hostReserveBytes - engineOverheadBytes) / MIB;
  const promisedMiB = Math.min(roomMiB, promisedToOthersBytes / MIB);
  const within = (mib: number, zone: number) => Math.min(range.max, zone, Math.floor(mib));
  const taken = {
    from: within(roomMiB - promisedMiB, range.max),
    to: within(roomMiB, range.max),
    words: `${formatBytes(promisedMiB * MIB)} of what is available is promised to other machines`,
  };
  return { ...range, green: within(roomMiB - promisedMiB, range.green), amber: within(roomMiB, range.amber), taken };
}

/** A power of two with at most 128 steps to the end, and at least 4 MiB. */
function pageStep(maxMiB: number): number {
  let step: number = LIMITS.memoryMiB.min;
  while (maxMiB / step > 128) step *= 2;
  return step;
}

/** Green up to the host's processors, amber up to twice as many (field guide §2.6). */
export function processorRange(
  host: HostUsage | undefined,
  choice: EngineChoice,
  engines: readonly EngineInfo[],
): SliderRange {
  const available = Math.max(1, Math.floor(host?.processorsTotal ?? 1));
  const most = Math.max(0, ...candidates(choice, engines).map(({ capabilities }) => capabilities.maxProcessors));
  const max = Math.min(2 * available, LIMITS.processors.max, most === 0 ? LIMITS.processors.max : most);
  return { min: 1, max, step: 1, green: Math.min(max, available), amber: Math.min(max, 2 * available) };
}

/** Green while a fifth of the free space stays free even when the disk is full, amber while it fits at all. */
export function diskRange(host: HostUsage | undefined): SliderRange {
  const freeGiB = Math.floor((host?.storageFreeBytes ?? 128 * GIB) / GIB);
  return { min: 0, max: 128, step: 1, green: Math.floor(freeGiB * 0.8), amber: freeGiB };
}
