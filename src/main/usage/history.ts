import type { UsageSample } from '../../shared/model/usage.ts';
import type { UsageHistory, UsagePoint } from '../../shared/model/usage-history.ts';
import { MIB } from '../../shared/units.ts';
import type { UsageBucket, UsageScope, UsageTable } from '../db/usage-table.ts';
import { HOST_SUBJECT, KEPT_MS, TIER_MS, type UsageTier } from './usage-record.ts';

export interface HistoryRequest {
  scope: UsageScope;
  fromMs: number;
  toMs: number;
  /** At most so many points. */
  points: number;
  nowMs: number;
}

/** A bucket may be this much longer than asked for, when larger rows make it: fewer rows are read then. */
const STRETCH = 0.75;

/** The rows to read, and the length of a bucket: a multiple of theirs that gives no more points than asked for. */
export function chooseResolution(request: Omit<HistoryRequest, 'scope'>): { tier: UsageTier; bucketMs: number } {
  const { fromMs, toMs, points, nowMs } = request;
  // One bucket more than the range has, as its ends seldom lie where buckets begin.
  const wantedMs = Math.max(1, toMs - fromMs) / Math.max(1, points - 1);
  const isKept = (tier: UsageTier) => fromMs >= nowMs - KEPT_MS[tier];
  const isFine = (tier: UsageTier) => wantedMs < STRETCH * TIER_MS[tier];
  const tier: UsageTier =
    isFine('hour') && isKept('minute') ? 'minute' : isFine('day') && isKept('hour') ? 'hour' : 'day';
  return { tier, bucketMs: Math.max(1, Math.ceil(wantedMs / TIER_MS[tier])) * TIER_MS[tier] };
}

/** History from the rolled-up rows. */
export function readHistory(table: Pick<UsageTable, 'buckets'>, request: HistoryRequest): UsageHistory {
  const { scope, nowMs } = request;
  const { tier, bucketMs } = chooseResolution(request);
  const fromMs = Math.floor(request.fromMs / bucketMs) * bucketMs;
  const isHost = scope !== 'machines' && 'subjectId' in scope && scope.subjectId === HOST_SUBJECT;
  const buckets = table.buckets(tier, scope, fromMs, request.toMs, bucketMs);
  const points = buckets.map((bucket) => {
    const lengthMs = Math.max(1000, Math.min(bucket.startMs + bucketMs, nowMs) - bucket.startMs);
    // The host is watched only while the program runs; a machine that is off uses nothing.
    return toPoint(bucket, lengthMs, isHost ? Math.max(1, bucket.usage.runningMs) : lengthMs);
  });
  return frame(fromMs, request.toMs, bucketMs, points.slice(-request.points));
}

function frame(fromMs: number, toMs: number, bucketMs: number, points: UsagePoint[]): UsageHistory {
  return {
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    bucketSeconds: bucketMs / 1000,
    points,
  };
}

function toPoint({ startMs, usage, peaks }: UsageBucket, lengthMs: number, usedMs: number): UsagePoint {
  const seconds = usedMs / 1000;
  return {
    at: new Date(startMs).toISOString(),
    processorUse: usage.processorMicros / 1000 / usedMs,
    processorPeak: peaks.processorMilli / 1000,
    memoryUsedBytes: (usage.memoryUsedMiBSeconds * MIB) / seconds,
    memoryPeakBytes: peaks.memoryBytes,
    memoryPromisedBytes: (usage.memoryPromisedMiBSeconds * MIB) / seconds,
    storageBytes: (usage.storageMiBSeconds * MIB) / seconds,
    diskReadBytesPerSecond: usage.diskReadBytes / seconds,
    diskWriteBytesPerSecond: usage.diskWriteBytes / seconds,
    networkInBytesPerSecond: usage.networkInBytes / seconds,
    networkOutBytesPerSecond: usage.networkOutBytes / seconds,
    running: usage.runningMs / lengthMs,
  };
}

/** One sample as a point: of the host, or of the machines of a set in sum. */
export type PointOfSample = (sample: UsageSample) => Omit<UsagePoint, 'at'> | undefined;

/** History by the second, from the samples in memory. */
export function historyOfSamples(
  samples: readonly UsageSample[],
  pointOf: PointOfSample,
  { fromMs, toMs, points }: Pick<HistoryRequest, 'fromMs' | 'toMs' | 'points'>,
): UsageHistory {
  const bucketMs = Math.max(1, Math.ceil((toMs - fromMs) / Math.max(1, points - 1) / 1000)) * 1000;
  const buckets = new Map<number, Omit<UsagePoint, 'at'>[]>();
  for (const sample of samples) {
    const atMs = Date.parse(sample.at);
    const point = atMs >= fromMs && atMs < toMs ? pointOf(sample) : undefined;
    const startMs = Math.floor(atMs / bucketMs) * bucketMs;
    if (point) buckets.set(startMs, [...(buckets.get(startMs) ?? []), point]);
  }
  const averaged = [...buckets].map(([startMs, all]) => ({ at: new Date(startMs).toISOString(), ...average(all) }));
  return frame(fromMs, toMs, bucketMs, averaged);
}

function average(points: Omit<UsagePoint, 'at'>[]): Omit<UsagePoint, 'at'> {
  const [first = EMPTY_POINT] = points;
  const result = { ...first };
  for (const name of Object.keys(result) as (keyof typeof result)[]) {
    const values = points.map((point) => point[name]);
    const isPeak = name === 'processorPeak' || name === 'memoryPeakBytes';
    result[name] = isPeak ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0) / values.length;
  }
  return result;
}

const EMPTY_POINT: Omit<UsagePoint, 'at'> = {
  processorUse: 0,
  processorPeak: 0,
  memoryUsedBytes: 0,
  memoryPeakBytes: 0,
  memoryPromisedBytes: 0,
  storageBytes: 0,
  diskReadBytesPerSecond: 0,
  diskWriteBytesPerSecond: 0,
  networkInBytesPerSecond: 0,
  networkOutBytesPerSecond: 0,
  running: 0,
};

export function hostPoint({ host, machines }: UsageSample): Omit<UsagePoint, 'at'> {
  const memoryUsedBytes = host.memoryTotalBytes - host.memoryAvailableBytes;
  return {
    ...EMPTY_POINT,
    processorUse: host.processorUse,
    processorPeak: host.processorUse,
    memoryUsedBytes,
    memoryPeakBytes: memoryUsedBytes,
    memoryPromisedBytes: machines.reduce((sum, each) => sum + each.memoryPromisedBytes, 0),
    storageBytes: host.storageTotalBytes - host.storageFreeBytes,
    networkInBytesPerSecond: host.networkInBytesPerSecond,
    networkOutBytesPerSecond: host.networkOutBytesPerSecond,
    running: 1,
  };
}

/** The machines of the set in sum; undefined when none of them runs. */
export function machinesPoint(ids: ReadonlySet<string>, storageBytes: number): PointOfSample {
  return (sample) => {
    const machines = sample.machines.filter(({ machineId }) => ids.has(machineId));
    if (machines.length === 0) return undefined;
    const sum = { ...EMPTY_POINT, storageBytes, running: machines.length };
    for (const machine of machines) {
      sum.processorUse += machine.processorUse;
      sum.processorPeak += machine.processorUse;
      sum.memoryUsedBytes += machine.memoryUsedBytes;
      sum.memoryPeakBytes = Math.max(sum.memoryPeakBytes, machine.memoryUsedBytes);
      sum.memoryPromisedBytes += machine.memoryPromisedBytes;
      sum.diskReadBytesPerSecond += machine.diskReadBytesPerSecond;
      sum.diskWriteBytesPerSecond += machine.diskWriteBytesPerSecond;
      sum.networkInBytesPerSecond += machine.networkInBytesPerSecond;
      sum.networkOutBytesPerSecond += machine.networkOutBytesPerSecond;
    }
    return sum;
  };
}
