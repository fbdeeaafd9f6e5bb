/** One of those who share: it gets at least `floor` and at most `ceiling`, and between them by its shares. */
export interface Part {
  floor: number;
  /** Not below `floor`. */
  ceiling: number;
  /** Weight against the others, above 0. */
  shares: number;
}

/**
 * Divides `total` by weighted max-min fairness: part i gets `clamp(level · shares, floor, ceiling)`, with the one level
 * at which everything is given out. When the floors alone are more than there is, the floors are divided in the same
 * way; when all ceilings together are less, each gets its ceiling and the rest stays. O(k log k) for k parts.
 *
 * Source: Bertsekas and Gallager, Data Networks, §6.5.2 (max-min fairness); Waldspurger, Memory Resource Management in
 * VMware ESX Server, OSDI 2002, §4 (shares with a guaranteed minimum).
 */
export function divide(total: number, parts: readonly Part[]): number[] {
  const floors = sum(parts, ({ floor }) => floor);
  if (floors >= total) {
    const least = parts.map(({ floor, shares }) => ({ floor: 0, ceiling: floor, shares }));
    return floors === total ? parts.map(({ floor }) => floor) : atLevel(least, levelOf(total, least));
  }
  if (sum(parts, ({ ceiling }) => ceiling) <= total) return parts.map(({ ceiling }) => ceiling);
  return atLevel(parts, levelOf(total, parts));
}

/** As `divide`, in whole units: floors, ceilings and total are whole numbers. What is left goes by largest remainder. */
export function divideWhole(total: number, parts: readonly Part[]): number[] {
  const exact = divide(total, parts).map(cleaned);
  const whole = exact.map(Math.floor);
  const wanted = Math.round(sum(exact, (each) => each));
  const byRemainder = exact
    .map((each, index) => ({ index, remainder: cleaned(each - Math.floor(each)) }))
    .filter(({ remainder }) => remainder > 0)
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  const missing = wanted - sum(whole, (each) => each);
  for (const { index } of byRemainder.slice(0, missing)) whole[index] = (whole[index] ?? 0) + 1;
  return whole;
}

function atLevel(parts: readonly Part[], level: number): number[] {
  return parts.map(({ floor, ceiling, shares }) => Math.min(ceiling, Math.max(floor, level * shares)));
}

/**
 * The level at which the parts take `total` together. What they take grows with the level along straight lines that
 * bend where a part leaves its floor or reaches its ceiling: walk from bend to bend.
 */
function levelOf(total: number, parts: readonly Part[]): number {
  const bends = parts
    .flatMap(({ floor, ceiling, shares }) => [
      { level: floor / shares, slope: shares },
      { level: ceiling / shares, slope: -shares },
    ])
    .sort((a, b) => a.level - b.level);
  let taken = sum(parts, ({ floor }) => floor);
  let level = 0;
  let slope = 0;
  for (const bend of bends) {
    const atBend = taken + slope * (bend.level - level);
    if (atBend >= total) break;
    taken = atBend;
    level = bend.level;
    slope += bend.slope;
  }
  return slope > 0 ? level + (total - taken) / slope : level;
}

/** Without the dust of floating point, so that order of addition decides nothing. */
const cleaned = (value: number): number => Math.round(value * 1e6) / 1e6;

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}
