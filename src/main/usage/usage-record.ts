import type { UsageQuantities } from '../../shared/model/usage-quantities.ts';

/** The largest values seen: averages hide them. */
export interface UsagePeaks {
  /** Thousandths of a processor. */
  processorMilli: number;
  /** Resident memory of the process, in bytes. */
  memoryBytes: number;
  /** Memory that the guest itself says it uses, in bytes; 0 when it does not say. */
  guestBytes: number;
}

export const NO_PEAKS: UsagePeaks = { processorMilli: 0, memoryBytes: 0, guestBytes: 0 };

/** What one machine (or the host) used in one bucket of time, while in one pool. */
export interface UsageRow {
  subjectId: string;
  /** `''` for none. */
  poolId: string;
  startMs: number;
  usage: UsageQuantities;
  peaks: UsagePeaks;
}

export type UsageTier = 'minute' | 'hour' | 'day';

export const TIER_MS: Record<UsageTier, number> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** How long rows are kept; days stay for good: a statement of long ago is still a statement. */
export const KEPT_MS: Record<UsageTier, number> = {
  minute: 25 * TIER_MS.hour,
  hour: 2 * 366 * TIER_MS.day,
  day: Number.POSITIVE_INFINITY,
};

/** In the place of a machine's id: the host itself. */
export const HOST_SUBJECT = 'host';
/** In the place of a machine's id: all machines in sum, so that a year of a hundred of them is read as quickly as one. */
export const MACHINES_SUBJECT = 'machines';
