/** What of a machine's name can stand in a host name: letters, digits and single hyphens, 63 at most (RFC 1123 §2.1). */
export function toHostname(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
  return plain.slice(0, 63).replace(/^-+|-+$/g, '');
}
