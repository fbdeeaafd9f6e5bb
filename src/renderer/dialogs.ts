import type { AdmissionReport } from '../shared/model/admission.ts';
import type { MachineId } from '../shared/model/machine.ts';
import type { SnapshotId } from '../shared/model/snapshot.ts';
import { observable } from './observable.ts';

export type SettingsPage = 'general' | 'system' | 'processor' | 'claims' | 'display' | 'storage' | 'audio' | 'network';

/** What can be done to several machines at once. */
export type BulkAction = 'start' | 'saveState' | 'powerButton' | 'powerOff' | 'remove';

/** Every dialog of the window. One is open at a time; file dialogs belong to the dialog that asks for a file. */
export type Dialog =
  | { kind: 'newMachine' }
  | { kind: 'settings'; machineId: MachineId; page: SettingsPage }
  | { kind: 'remove'; machineId: MachineId }
  | { kind: 'powerOff'; machineId: MachineId }
  | { kind: 'reset'; machineId: MachineId }
  | { kind: 'discardState'; machineId: MachineId }
  | { kind: 'takeSnapshot'; machineId: MachineId }
  | { kind: 'restoreSnapshot'; machineId: MachineId; snapshotId: SnapshotId }
  | { kind: 'deleteSnapshot'; machineId: MachineId; snapshotId: SnapshotId }
  | { kind: 'clone'; machineId: MachineId; snapshotId: SnapshotId | null }
  | { kind: 'moveToGroup'; machineIds: readonly MachineId[] }
  | { kind: 'bulk'; action: BulkAction; machineIds: readonly MachineId[] }
  | { kind: 'noRoom'; machineId: MachineId; report: AdmissionReport; isDisposable: boolean }
  | { kind: 'typeText'; machineId: MachineId; text: string }
  | { kind: 'reach'; from: MachineId | null }
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
