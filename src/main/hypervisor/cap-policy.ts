import type { Grant } from './allocation.ts';

/** One machine whose grant is to be enforced; amounts in processors. */
export interface CapRequest {
  /** Virtual processors: the cap is a share of all of them. */
  count: number;
  /** The user's own execution cap, 1 to 100 percent. */
  ownPercent: number;
  /** The least of the limits of the machine and of the pools around it; null: none. */
  limit: number | null;
  grant: Pick<Grant, 'amount'>;
  /** With less than this it would be held back. */
  need: number;
  /** The cap that was told to the engine last; undefined: not known. */
  toldPercent: number | undefined;
}

/** What engines take (`Session.setCpuLimit`). */
const LEAST_PERCENT = 1;
/** A cap within so much of the one before is not told: percent of a processor, or share of the cap, whichever is more. */
const SLACK_PERCENT = 0.5;
const SLACK_SHARE = 0.03;
/** A grant that is short of what is needed by less, in processors, holds nobody back. */
const DUST = 1e-6;

/**
 * The cap to tell the engine, in percent of a processor per virtual processor, or undefined when the one it has will
 * do. A machine is held back only by its limits, and by its grant when that is less than it needs; never beyond the
 * user's own cap. So whoever is alone, or content, runs freely.
 */
export function nextCap({ count, ownPercent, limit, grant, need, toldPercent }: CapRequest): number | undefined {
  const isShort = grant.amount < need - DUST;
  const most = Math.min(limit ?? Number.POSITIVE_INFINITY, isShort ? grant.amount : Number.POSITIVE_INFINITY);
  const percent = Math.min(ownPercent, Math.max(LEAST_PERCENT, Math.round((most / count) * 1000) / 10));
  if (toldPercent === undefined) return percent;
  // Exactly the user's cap when nothing else holds: a rest of an old grant would be felt for ever.
  if (percent === ownPercent) return toldPercent === percent ? undefined : percent;
  const slack = Math.max(SLACK_PERCENT, toldPercent * SLACK_SHARE);
  return Math.abs(percent - toldPercent) > slack ? percent : undefined;
}
