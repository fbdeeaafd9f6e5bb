import type { UsageQuantities } from '../../shared/model/usage-quantities.ts';
import type { UsagePeaks } from '../usage/usage-record.ts';
import { PEAK_COLUMNS, SUM_COLUMNS } from './schema/usage-schema.ts';

type SumColumn = (typeof SUM_COLUMNS)[number];
type PeakColumn = (typeof PEAK_COLUMNS)[number];

const SUMS: Record<SumColumn, keyof UsageQuantities> = {
  running_ms: 'runningMs',
  processor_us: 'processorMicros',
  memory_promised_mib_s: 'memoryPromisedMiBSeconds',
  memory_used_mib_s: 'memoryUsedMiBSeconds',
  storage_mib_s: 'storageMiBSeconds',
  disk_read_bytes: 'diskReadBytes',
  disk_write_bytes: 'diskWriteBytes',
  network_in_bytes: 'networkInBytes',
  network_out_bytes: 'networkOutBytes',
};

const PEAKS: Record<PeakColumn, keyof UsagePeaks> = {
  peak_processor_milli: 'processorMilli',
  peak_memory_bytes: 'memoryBytes',
  peak_guest_bytes: 'guestBytes',
};

export type UsageColumns = Record<SumColumn | PeakColumn, number>;

/** Bucket rows are added up by these expressions, in a SELECT that groups. */
export const AGGREGATES = [
  ...SUM_COLUMNS.map((name) => `sum(${name}) AS ${name}`),
  ...PEAK_COLUMNS.map((name) => `max(${name}) AS ${name}`),
].join(', ');

export const COLUMN_NAMES = [...SUM_COLUMNS, ...PEAK_COLUMNS];

/** What becomes of a row that is there already: sums grow, the larger peak stays. */
export const MERGE = [
  ...SUM_COLUMNS.map((name) => `${name} = ${name} + excluded.${name}`),
  ...PEAK_COLUMNS.map((name) => `${name} = max(${name}, excluded.${name})`),
].join(', ');

export function toColumns(usage: UsageQuantities, peaks: UsagePeaks): UsageColumns {
  const sums = SUM_COLUMNS.map((column) => [column, usage[SUMS[column]]]);
  const maxima = PEAK_COLUMNS.map((column) => [column, Math.round(peaks[PEAKS[column]])]);
  return Object.fromEntries([...sums, ...maxima]);
}

export function fromColumns(row: UsageColumns): { usage: UsageQuantities; peaks: UsagePeaks } {
  const usage = Object.fromEntries(SUM_COLUMNS.map((column) => [SUMS[column], row[column]]));
  const peaks = Object.fromEntries(PEAK_COLUMNS.map((column) => [PEAKS[column], row[column]]));
  // Each table above names every key once, which `fromEntries` cannot tell the compiler.
  return { usage: usage as UsageQuantities, peaks: peaks as Record<keyof UsagePeaks, number> };
}
