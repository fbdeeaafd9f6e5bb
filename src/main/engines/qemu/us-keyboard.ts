import { InnError } from '../../../shared/errors.ts';

/** How to type a character on the US keyboard: QEMU's name of the key (QKeyCode), and whether Shift is held. */
export interface Stroke {
  qcode: string;
  isShifted: boolean;
}

const SIGNS: readonly [plain: string, shifted: string, qcode: string][] = [
  ['`', '~', 'grave_accent'],
  ['1', '!', '1'],
  ['2', '@', '2'],
  ['3', '#', '3'],
  ['4', '$', '4'],
  ['5', '%', '5'],
  ['6', '^', '6'],
  ['7', '&', '7'],
  ['8', '*', '8'],
  ['9', '(', '9'],
  ['0', ')', '0'],
  ['-', '_', 'minus'],
  ['=', '+', 'equal'],
  ['[', '{', 'bracket_left'],
  [']', '}', 'bracket_right'],
  ['\\', '|', 'backslash'],
  [';', ':', 'semicolon'],
  ["'", '"', 'apostrophe'],
  [',', '<', 'comma'],
  ['.', '>', 'dot'],
  ['/', '?', 'slash'],
];

const OTHERS: Record<string, string> = { ' ': 'spc', '\n': 'ret', '\t': 'tab', '\b': 'backspace', '\u001b': 'esc' };

const STROKES = new Map<string, Stroke>([
  ...SIGNS.flatMap(([plain, shifted, qcode]): [string, Stroke][] => [
    [plain, { qcode, isShifted: false }],
    [shifted, { qcode, isShifted: true }],
  ]),
  ...[...'abcdefghijklmnopqrstuvwxyz'].flatMap((letter): [string, Stroke][] => [
    [letter, { qcode: letter, isShifted: false }],
    [letter.toUpperCase(), { qcode: letter, isShifted: true }],
  ]),
  ...Object.entries(OTHERS).map(([sign, qcode]): [string, Stroke] => [sign, { qcode, isShifted: false }]),
]);

/**
 * The strokes that type the text on the US layout: printable ASCII, newline, tab, backspace, escape.
 * @throws InnError `INVALID_INPUT` at the first character that has no key
 */
export function strokesFor(text: string): Stroke[] {
  return [...text.replaceAll('\r\n', '\n').replaceAll('\r', '\n')].map((character) => {
    const stroke = STROKES.get(character);
    if (stroke) return stroke;
    throw new InnError('INVALID_INPUT', `There is no key for '${character}' on the guest's US keyboard.`, {
      hint: 'Type it through the serial console, or leave it out.',
      details: { character },
    });
  });
}
