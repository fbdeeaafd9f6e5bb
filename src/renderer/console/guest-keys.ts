/** A combination that a person's own keyboard may not be able to send. Keys are QEMU key names (QKeyCode). */
export interface GuestKeys {
  label: string;
  keys: string[];
}

const numbers = Array.from({ length: 12 }, (_, index) => index + 1);

export const COMMON_KEYS: readonly GuestKeys[] = [
  { label: 'Ctrl+Alt+Del', keys: ['ctrl', 'alt', 'delete'] },
  { label: 'Ctrl+Alt+Backspace', keys: ['ctrl', 'alt', 'backspace'] },
  { label: 'Ctrl+C', keys: ['ctrl', 'c'] },
  { label: 'Alt+Tab', keys: ['alt', 'tab'] },
  { label: 'Esc', keys: ['esc'] },
  { label: 'Tab', keys: ['tab'] },
  { label: 'Insert', keys: ['insert'] },
  { label: 'PrtSc', keys: ['print'] },
];

export const FUNCTION_KEYS: readonly GuestKeys[] = numbers.map((n) => ({ label: `F${n}`, keys: [`f${n}`] }));

export const TERMINAL_KEYS: readonly GuestKeys[] = numbers.map((n) => ({
  label: `Ctrl+Alt+F${n}`,
  keys: ['ctrl', 'alt', `f${n}`],
}));
