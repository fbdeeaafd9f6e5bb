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

export function openDialog(dialog: Dialog): void {
  openedDialog.set(dialog);
}

export function closeDialog(): void {
  openedDialog.set(null);
}
