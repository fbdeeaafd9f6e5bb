/**
 * How long a guest under an execution cap runs without being held, in seconds. Whoever was held comes back to processor
 * caches full of other programs' data and runs slower for some milliseconds: the longer the turn, the less of it that is.
 * The same length under all caps makes it cost all guests about the same share of what they get.
 */
const RUN_SECONDS = 0.1;
/** It is not held longer than this at a time, in seconds of host time, where a small cap would ask for more: that is felt. */
const LONGEST_HOLD_SECONDS = 0.25;

/**
 * What must have come in, in processor seconds, before a guest that used up its share goes on. It runs `RUN_SECONDS` with
 * it, as more comes in meanwhile; less where it would have to be held longer than `LONGEST_HOLD_SECONDS`.
 * @param rate what comes in, in processors: above 0 and below `processors`
 * @param processors what it uses while it runs
 */
export function turnSeconds(rate: number, processors: number): number {
  return Math.min(RUN_SECONDS * (processors - rate), LONGEST_HOLD_SECONDS * rate);
}
