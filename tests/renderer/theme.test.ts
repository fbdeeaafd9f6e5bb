import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_THEME, mergeMantineTheme } from '@mantine/core';
import { describe, expect, it } from 'vitest';
import { cssVariables, theme } from '../../src/renderer/theme.ts';

const css = readFileSync(path.resolve(import.meta.dirname, '../../src/renderer/app.css'), 'utf8');

/** What `app.css` says of one scheme. */
function surfaces(scheme: 'light' | 'dark', names: string[]): string[] {
  const block = css.slice(css.indexOf(`[data-mantine-color-scheme="${scheme}"]`)).split('}')[0] ?? '';
  return names.map((name) => new RegExp(`--inn-${name}: (#[0-9a-f]{6})`).exec(block)?.[1] ?? `no ${name}`);
}

/** Relative luminance of an sRGB colour, 0 to 1 (WCAG 2.2, "relative luminance"). */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

describe('words of failure', () => {
  it.each(['light', 'dark'] as const)('can be read on every surface of the %s scheme', (scheme) => {
    const colour = cssVariables(mergeMantineTheme(DEFAULT_THEME, theme))[scheme]['--mantine-color-error'] ?? '';
    const ratios = surfaces(scheme, ['paper', 'panel', 'raised', 'hover']).map((surface) => contrast(colour, surface));
    expect(ratios.every((ratio) => ratio >= 4.5)).toBe(true);
  });
});
