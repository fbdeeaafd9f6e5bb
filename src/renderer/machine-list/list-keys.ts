import type { KeyboardEvent } from 'react';
import type { Machine, MachineId } from '../../shared/model/machine.ts';
import { primaryCommand, runCommand } from '../actions.tsx';
import { openDialog } from '../dialogs.ts';
import { preferences, setPreference, toggled } from '../view.ts';
import type { ListRow } from './list-rows.ts';

export function toggleGroup(path: string): void {
  setPreference('collapsedGroups', toggled(preferences.get().collapsedGroups, path));
}

interface PressContext {
  selection: readonly MachineId[];
  openMenu(machine: Machine): void;
  openGroupMenu(group: string): void;
}

/** What a key does to the row under the cursor, or to all that are chosen; false when it is not for the list. */
export function pressRow(event: KeyboardEvent, row: ListRow, context: PressContext): boolean {
  const { selection, openMenu } = context;
  if (row.kind === 'group') return pressGroup(event, row, context);
  if (isMenuKey(event)) openMenu(row.machine);
  else if (event.key === 'Enter' && selection.length > 1) {
    openDialog({ kind: 'bulk', action: 'start', machineIds: selection });
  } else if (event.key === 'Delete' && selection.length > 1) {
    openDialog({ kind: 'bulk', action: 'remove', machineIds: selection });
  } else if (event.key === 'Enter') runCommand(primaryCommand(row.machine), row.machine);
  else if (event.key === 'Delete') runCommand('remove', row.machine);
  else return false;
  return true;
}

const isMenuKey = (event: KeyboardEvent) => event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey);

function pressGroup(
  event: KeyboardEvent,
  row: Extract<ListRow, { kind: 'group' }>,
  { openGroupMenu }: PressContext,
): boolean {
  if (isMenuKey(event)) {
    openGroupMenu(row.path);
    return true;
  }
  const isToggle =
    event.key === 'Enter' ||
    event.key === ' ' ||
    (event.key === 'ArrowRight' && !row.isOpen) ||
    (event.key === 'ArrowLeft' && row.isOpen);
  if (isToggle) toggleGroup(row.path);
  return isToggle;
}
