import { InvalidArgumentError } from 'commander';
import { parseSize } from '../../../shared/units.ts';

/** An option's value as a whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** Bytes of `2G`, `512M`; a bare number is in MiB, as the field does. */
export function size(text: string): number {
  const bytes = parseSize(text, 'm');
  if (bytes !== undefined && bytes > 0) return bytes;
  throw new InvalidArgumentError('It must be a size such as 2G or 512M.');
}

/** Memory in MiB: `256`, `512M`, `1G`. */
export function memory(text: string): number {
  return Math.round(size(text) / 1024 ** 2);
}

export function onOff(text: string): boolean {
  if (text === 'on') return true;
  if (text === 'off') return false;
  throw new InvalidArgumentError('It must be on or off.');
}

/** Turns the escapes of a shell argument into bytes: `\n`, `\r`, `\t`, `\\`, `\xHH`. */
export function unescapeText(text: string): string {
  const names: Record<string, string> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };
  return text.replace(/\\(?:x([0-9a-fA-F]{2})|([nrt\\]))/g, (_, hex: string | undefined, name: string | undefined) =>
    hex === undefined ? (names[name ?? ''] ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
