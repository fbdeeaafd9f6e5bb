import { USAGE_QUANTITIES, type UsageQuantities } from '../../shared/model/usage-quantities.ts';

export interface Piece {
  /** Start of the bucket, in milliseconds since 1970. */
  startMs: number;
  usage: UsageQuantities;
}

/**
 * Spreads what was used between two moments evenly over the buckets of time that it touches (buckets begin at multiples
 * of `bucketMs`). The pieces add up to the whole exactly: each quantity's share up to a moment is rounded down, and a piece
 * is the difference of two such shares. Without any time between, everything goes into one bucket.
 */
export function spread(usage: UsageQuantities, fromMs: number, toMs: number, bucketMs: number): Piece[] {
  const bucketOf = (ms: number) => Math.floor(ms / bucketMs) * bucketMs;
  const first = bucketOf(Math.min(fromMs, toMs));
  if (toMs <= first + bucketMs) return [{ startMs: fromMs < toMs ? first : bucketOf(toMs), usage }];
  const pieces: Piece[] = [];
  let before = share(usage, 0, 1);
  for (let startMs = first; startMs < toMs; startMs += bucketMs) {
    const upTo = share(usage, Math.min(startMs + bucketMs, toMs) - fromMs, toMs - fromMs);
    pieces.push({ startMs, usage: difference(upTo, before) });
    before = upTo;
  }
  return pieces;
}

/** Rounded down; in big integers, as bytes times milliseconds outgrow a double. */
function share(usage: UsageQuantities, part: number, whole: number): UsageQuantities {
  const shares = { ...usage };
  const [partBig, wholeBig] = [BigInt(Math.round(part)), BigInt(Math.round(whole))];
  for (const name of USAGE_QUANTITIES) shares[name] = Number((BigInt(usage[name]) * partBig) / wholeBig);
  return shares;
}

function difference(a: UsageQuantities, b: UsageQuantities): UsageQuantities {
  const result = { ...a };
  for (const name of USAGE_QUANTITIES) result[name] -= b[name];
  return result;
}
