/** `base`, or `base 2`, `base 3`, … when it is taken. Names are compared without regard to case. */
export function freeName(base: string, taken: Iterable<string>): string {
  const used = new Set([...taken].map((name) => name.toLowerCase()));
  if (!used.has(base.toLowerCase())) return base;
  for (let number = 2; ; number += 1) {
    const name = `${base} ${number}`;
    if (!used.has(name.toLowerCase())) return name;
  }
}
