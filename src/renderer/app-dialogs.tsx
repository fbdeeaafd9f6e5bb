import { useEffect } from 'react';
import type { Machine } from '../shared/model/machine.ts';
import type { SnapshotId } from '../shared/model/snapshot.ts';
import { NoRoomDialog } from './admission/no-room-dialog.tsx';
import { CloneDialog } from './clone/clone-dialog.tsx';
import { closeDialog, type Dialog, openedDialog } from './dialogs.ts';
import { SettingsDialog } from './machine-settings/settings-dialog.tsx';
import { AboutDialog, ShortcutsDialog } from './managers/about-dialog.tsx';
import { BulkDialog } from './managers/bulk-dialog.tsx';
import {
  DiscardStateDialog,
  PowerOffDialog,
  RemoveDialog,
  ResetDialog,
  TypeTextDialog,
} from './managers/confirm-dialogs.tsx';
import { MoveToGroupDialog } from './managers/move-to-group-dialog.tsx';
import { ReachDialog } from './networks/reach/reach-dialog.tsx';
import { NewMachineDialog } from './new-machine/new-machine-dialog.tsx';
import { useObservable } from './observable.ts';
import { DeleteSnapshotDialog } from './snapshots/delete-snapshot-dialog.tsx';
import { RestoreSnapshotDialog } from './snapshots/restore-snapshot-dialog.tsx';
import { TakeSnapshotDialog } from './snapshots/take-snapshot-dialog.tsx';
import { useMachine, world } from './store.ts';

/** The dialog that is open, if any. One whose machine is gone closes by itself. */
export function AppDialogs() {
  const dialog = useObservable(openedDialog, (now) => now);
  if (dialog === null) return null;
  switch (dialog.kind) {
    case 'newMachine':
      return <NewMachineDialog onClose={closeDialog} />;
    case 'about':
      return <AboutDialog onClose={closeDialog} />;
    case 'shortcuts':
      return <ShortcutsDialog onClose={closeDialog} />;
    case 'reach':
      return <ReachDialog from={dialog.from} onClose={closeDialog} />;
    case 'moveToGroup':
      return <MoveToGroupDialog machineIds={dialog.machineIds} onClose={closeDialog} />;
    case 'bulk':
      return <BulkDialog action={dialog.action} machineIds={dialog.machineIds} onClose={closeDialog} />;
    default:
      return <MachineDialog dialog={dialog} />;
  }
}

function MachineDialog({ dialog }: { dialog: Extract<Dialog, { machineId: unknown }> }) {
  const machine = useMachine(dialog.machineId);
  const isGone = machine === undefined;
  useEffect(() => {
    if (isGone) closeDialog();
  }, [isGone]);
  if (machine === undefined) return null;
  const props = { machine, onClose: closeDialog };
  switch (dialog.kind) {
    case 'settings':
      return <SettingsDialog {...props} page={dialog.page} />;
    case 'remove':
      return <RemoveDialog {...props} />;
    case 'powerOff':
      return <PowerOffDialog {...props} />;
    case 'reset':
      return <ResetDialog {...props} />;
    case 'discardState':
      return <DiscardStateDialog {...props} />;
    case 'takeSnapshot':
      return <TakeSnapshotDialog {...props} />;
    case 'clone':
      return <CloneDialog {...props} snapshotId={dialog.snapshotId} />;
    case 'restoreSnapshot':
    case 'deleteSnapshot':
      return <SnapshotDialog machine={machine} kind={dialog.kind} snapshotId={dialog.snapshotId} />;
    case 'noRoom':
      return <NoRoomDialog {...props} report={dialog.report} isDisposable={dialog.isDisposable} />;
    case 'typeText':
      return <TypeTextDialog {...props} text={dialog.text} />;
  }
}

interface SnapshotDialogProps {
  machine: Machine;
  kind: 'restoreSnapshot' | 'deleteSnapshot';
  snapshotId: SnapshotId;
}

function SnapshotDialog({ machine, kind, snapshotId }: SnapshotDialogProps) {
  const snapshot = useObservable(world, (now) => now.snapshots.get(snapshotId));
  const isGone = snapshot === undefined;
  useEffect(() => {
    if (isGone) closeDialog();
  }, [isGone]);
  if (snapshot === undefined) return null;
  const props = { machine, snapshot, onClose: closeDialog };
  return kind === 'restoreSnapshot' ? <RestoreSnapshotDialog {...props} /> : <DeleteSnapshotDialog {...props} />;
}
