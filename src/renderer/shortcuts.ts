import { can } from '../shared/machine-state.ts';
import { type CommandId, runCommand } from './actions.tsx';
import { openDialog, openedDialog } from './dialogs.ts';
import { openPalette } from './managers/command-palette.tsx';
import { runSnapshotKey } from './snapshots/snapshot-commands.ts';
import { world } from './store.ts';
import { showActivity, showMedia, showNetworks, view } from './view.ts';

const focusSearch = () => document.getElementById('machine-search')?.focus();

function pauseOrResume(): CommandId {
  const { machineId } = view.get();
  const machine = machineId === null ? undefined : world.get().machines.get(machineId);
  return machine !== undefined && can('resume', machine.state) ? 'resume' : 'pause';
}

function runOnSelected(id: CommandId): void {
  const { machineId } = view.get();
  runCommand(id, machineId === null ? undefined : world.get().machines.get(machineId));
}

const BINDINGS: Record<string, () => void> = {
  n: () => openDialog({ kind: 'newMachine' }),
  s: () => runOnSelected('settings'),
  p: () => runOnSelected(pauseOrResume()),
  l: () => runOnSelected('showLog'),
  f: focusSearch,
  k: () => openPalette(),
  o: () => runOnSelected('clone'),
  d: showMedia,
  h: () => showNetworks(),
  i: () => showActivity(),
};

/**
 * Listens for the life of the window. Keys that a guest takes never come here: the console stops them. With a dialog open
 * only the palette's key does something.
 */
export function listenForShortcuts(): void {
  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.defaultPrevented) return;
    const key = event.key.toLowerCase();
    if (event.shiftKey) {
      if (openedDialog.get() === null && runSnapshotKey(key)) event.preventDefault();
      return;
    }
    const run = BINDINGS[key];
    if (run === undefined) return;
    event.preventDefault();
    if (openedDialog.get() === null) run();
  };
  window.addEventListener('keydown', onKeyDown);
}
