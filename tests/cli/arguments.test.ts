import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { memory, onOff, size, unescapeText, wholeNumber } from '../../src/main/cli/command-parts/arguments.ts';
import { choice, choiceList } from '../../src/main/cli/command-parts/choice.ts';

describe('values of options', () => {
  it('take sizes with units, and bare numbers as MiB', () => {
    expect(size('2G')).toBe(2 * 1024 ** 3);
    expect(size('512')).toBe(512 * 1024 ** 2);
    expect(memory('1.5g')).toBe(1536);
    expect(memory('256')).toBe(256);
  });

  it.each(['', 'lots', '-1', '0', '2X', '1e9999'])("refuse '%s' as a size", (text) => {
    expect(() => size(text)).toThrow(InvalidArgumentError);
  });

  it('take whole numbers within their range only', () => {
    const percent = wholeNumber(1, 100);
    expect(percent('100')).toBe(100);
    for (const text of ['0', '101', '1.5', 'x', '']) expect(() => percent(text)).toThrow(/from 1 to 100/);
  });

  it('take words of a list, and name the list otherwise', () => {
    expect(choice(['auto', 'qemu'])('qemu')).toBe('qemu');
    expect(() => choice(['auto', 'qemu'])('bochs')).toThrow(/auto, qemu/);
    expect(choiceList(['disk', 'optical'])('optical, disk')).toEqual(['optical', 'disk']);
    expect(choiceList(['disk'])('')).toEqual([]);
    expect([onOff('on'), onOff('off')]).toEqual([true, false]);
    expect(() => onOff('maybe')).toThrow(InvalidArgumentError);
  });

  it('turn the escapes of a shell argument into what they mean', () => {
    expect(unescapeText('a\\nb\\tc\\\\n\\x41')).toBe('a\nb\tc\\nA');
    expect(unescapeText('50% \\q')).toBe('50% \\q');
  });
});
