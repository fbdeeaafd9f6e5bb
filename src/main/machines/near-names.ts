/** Names that somebody may have meant by `wanted`, the likeliest first; at most `limit`. */
export function nearNames(wanted: string, names: readonly string[], limit = 3): string[] {
  const key = wanted.toLowerCase();
  const tolerance = Math.max(1, Math.floor(key.length / 3));
  return names
    .map((name) => ({ name, steps: distance(key, name.toLowerCase()) }))
    .filter(({ name, steps }) => steps <= tolerance || (key.length >= 2 && name.toLowerCase().includes(key)))
    .sort((one, other) => one.steps - other.steps)
    .slice(0, limit)
    .map(({ name }) => name);
}

/** Levenshtein's distance: the fewest insertions, deletions and replacements that make `to` of `from`. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (const [column, other] of [...to].entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** `Did you mean 'a' or 'b'?`, or undefined when nothing is near. */
export function didYouMean(wanted: string, names: readonly string[]): string | undefined {
  const near = nearNames(wanted, names).map((name) => `'${name}'`);
  return near.length === 0 ? undefined : `Did you mean ${near.join(' or ')}?`;
}
