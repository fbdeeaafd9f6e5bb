export const KIB = 1024;
export const MIB = 1024 ** 2;
export const GIB = 1024 ** 3;

const FACTORS: Record<string, number> = { '': 1, k: KIB, m: MIB, g: GIB, t: 1024 ** 4 };

/**
 * Parses a size such as `2G`, `1.5 GiB`, `512mb` or `4096`. Letters are powers of 1024, as the field does.
 * A number without a letter is taken in `defaultUnit`. Returns whole bytes, or undefined when it is no size.
 */
export function parseSize(text: string, defaultUnit: '' | 'k' | 'm' | 'g' | 't' = ''): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*$/i.exec(text);
  if (!match) return undefined;
  const unit = (match[2] ?? '').toLowerCase() || defaultUnit;
  const bytes = Math.round(Number(match[1]) * (FACTORS[unit] ?? 1));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** Prints bytes with three significant digits and a binary unit: `1.21 GiB`, `512 MiB`, `0 B`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = Math.max(0, bytes);
  let index = 0;
  while (value >= 999.5 && index < units.length - 1) {
    value /= 1024;
    index += 1;
  }
  const digits = index === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${Number(value.toFixed(digits))} ${units[index]}`;
}

/** Prints MiB as the field does: `512 MB` under 10 GiB is exact; binary megabytes, by custom written MB. */
export function formatMiB(mib: number): string {
  return mib >= 1024 && mib % 1024 === 0 ? `${mib / 1024} GB` : `${mib} MB`;
}
