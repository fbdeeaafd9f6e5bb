import type { MachineId } from '../shared/model/machine.ts';
import { observable } from './observable.ts';

export type SettingsPage = 'general' | 'system' | 'processor' | 'display' | 'storage' | 'network';

/** Every dialog of the window. One is open at a time; file dialogs belong to the dialog that asks for a file. */
export type Dialog =
  | { kind: 'newMachine' }
  | { kind: 'settings'; machineId: MachineId; page: SettingsPage }
  | { kind: 'remove'; machineId: MachineId }
  | { kind: 'powerOff'; machineId: MachineId }
  | { kind: 'reset'; machineId: MachineId }
  | { kind: 'discardState'; machineId: MachineId }
  | { kind: 'typeText'; machineId: MachineId; text: string }
  | { kind: 'shortcuts' }
  | { kind: 'about' };

export const openedDialog = observable<Dialog | null>(null);

let opener: Element | null = null;

export function openDialog(dialog: Dialog): void {
  if (openedDialog.get() === null) opener = document.activeElement;
  openedDialog.set(dialog);
}

/** Closes the dialog and gives the focus back to where it was opened from, unless something else took it. */
export function closeDialog(): void {
  openedDialog.set(null);
  const before = opener;
  setTimeout(() => {
    const isLost = document.activeElement === null || document.activeElement === document.body;
    if (isLost && before instanceof HTMLElement && before.isConnected) before.focus();
  });
}
