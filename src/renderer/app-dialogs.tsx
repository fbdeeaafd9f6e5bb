import { useEffect } from 'react';
import { closeDialog, type Dialog, openedDialog } from './dialogs.ts';
import { SettingsDialog } from './machine-settings/settings-dialog.tsx';
import { AboutDialog, ShortcutsDialog } from './managers/about-dialog.tsx';
import {
  DiscardStateDialog,
  PowerOffDialog,
  RemoveDialog,
  ResetDialog,
  TypeTextDialog,
} from './managers/confirm-dialogs.tsx';
import { NewMachineDialog } from './new-machine/new-machine-dialog.tsx';
import { useObservable } from './observable.ts';
import { useMachine } from './store.ts';

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
    case 'typeText':
      return <TypeTextDialog {...props} text={dialog.text} />;
  }
}
