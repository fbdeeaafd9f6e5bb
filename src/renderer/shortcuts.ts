import { can } from '../shared/machine-state.ts';
import { type CommandId, runCommand } from './actions.tsx';
import { openDialog, openedDialog } from './dialogs.ts';
import { openPalette } from './managers/command-palette.tsx';
import { world } from './store.ts';
import { view } from './view.ts';

/** Keys of the whole window, after the field's custom. Those of the list are with the list, of the console with it. */
export const SHORTCUTS: readonly { keys: string; does: string }[] = [
  { keys: 'Ctrl+N', does: 'New machine' },
  { keys: 'Ctrl+S', does: 'Settings' },
  { keys: 'Ctrl+P', does: 'Pause or resume' },
  { keys: 'Ctrl+L', does: 'Show the log' },
  { keys: 'Ctrl+F', does: 'Search machines' },
  { keys: 'Ctrl+K', does: 'Command palette' },
  { keys: 'Enter', does: 'Start or show the machine, in the list' },
  { keys: 'Del', does: 'Remove the machine, in the list' },
  { keys: 'Right Ctrl', does: 'Host key: give keyboard and mouse back, in the console' },
  { keys: 'Host+F', does: 'Full screen' },
  { keys: 'Host+C', does: 'Scale to fit, or actual size' },
  { keys: 'Host+Del', does: 'Ctrl+Alt+Del to the guest' },
  { keys: 'Host+P', does: 'Pause' },
  { keys: 'Host+E', does: 'Take a screenshot' },
  { keys: 'Host+H', does: 'ACPI shutdown' },
];

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
};

/**
 * Listens for the life of the window. Keys that a guest takes never come here: the console stops them. With a dialog open
 * only the palette's key does something.
 */
export function listenForShortcuts(): void {
  const onKeyDown = (event: KeyboardEvent) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.defaultPrevented) return;
    const key = event.key.toLowerCase();
    const run = BINDINGS[key];
    if (run === undefined) return;
    event.preventDefault();
    if (openedDialog.get() === null) run();
  };
  window.addEventListener('keydown', onKeyDown);
}
