/** Names as they stand in a sentence: `'db'`, `'db' and 'web'`, `'db', 'mail' and 'web'`. */
export function quotedNames(names: readonly string[]): string {
  return new Intl.ListFormat('en-GB').format(names.map((name) => `'${name}'`));
}
