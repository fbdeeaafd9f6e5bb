const FACTORS: Record<string, number> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/** The narrowest and the widest limit that an adapter can have, in bits per second. */
const LEAST = 8000;
const MOST = 1e12;

/**
 * Parses a rate such as `10 Mbit/s`, `1.5G`, `250 kbps` or `64000 bit/s`. Letters are powers of 1000, as the field does
 * with rates; a number without a letter is in Mbit/s, for nobody limits to bits.
 * @returns whole bits per second, null for no limit (nothing written, or `none`), undefined when it is no rate or out of
 * 8 kbit/s to 1 Tbit/s
 */
export function parseRate(text: string): number | null | undefined {
  const trimmed = text.trim();
  if (/^(none|no limit)?$/i.test(trimmed)) return null;
  const match = /^(\d+(?:[.,]\d+)?)\s*(?:([kmg]?)(bit\/s|bits\/s|bit|bps|b\/s)?)$/i.exec(trimmed);
  if (!match) return undefined;
  const [, number = '', letter = '', unit] = match;
  const factor = letter === '' && unit === undefined ? 1e6 : (FACTORS[letter.toLowerCase()] ?? 1);
  const rate = Math.round(Number(number.replace(',', '.')) * factor);
  return rate >= LEAST && rate <= MOST ? rate : undefined;
}

/** Prints bits per second with three significant digits: `10 Mbit/s`, `1.54 Gbit/s`, `0 bit/s`. */
export function formatRate(bitsPerSecond: number): string {
  const units = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'];
  let value = Math.max(0, bitsPerSecond);
  let index = 0;
  while (value >= 999.5 && index < units.length - 1) {
    value /= 1000;
    index += 1;
  }
  const digits = index === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${Number(value.toFixed(digits))} ${units[index]}`;
}
