import { InnError } from '../../shared/errors.ts';
import type { MediumTable } from '../db/medium-table.ts';
import type { MediumLocks } from './medium-locks.ts';
import type { MediumRecord } from './medium-record.ts';

/**
 * Refuses to let a medium go that something needs: work of the program, a machine that has it attached, a snapshot, or
 * a medium that builds on it.
 * @throws InnError `MEDIUM_IN_USE`
 */
export function assertRemovable(
  medium: MediumRecord,
  table: Pick<MediumTable, 'attachedTo' | 'usersOf' | 'childrenOf'>,
  locks: Pick<MediumLocks, 'assertFree'>,
): void {
  const { id, name } = medium;
  locks.assertFree({ id, name, isAlone: true });
  const machines = table.attachedTo(id).map((machine) => machine.name);
  if (machines.length > 0) throw attachedMedium(medium, machines);
  const users = table.usersOf(id).map((machine) => machine.name);
  const children = table.childrenOf(id).map((child) => child.name);
  if (users.length > 0 || children.length > 0) throw frozenMedium(medium, users.length > 0 ? users : children);
}

function attachedMedium({ id, name }: MediumRecord, machines: string[]): InnError {
  const list = machines.map((machine) => `'${machine}'`).join(', ');
  return new InnError('MEDIUM_IN_USE', `Cannot remove '${name}' because it is attached to ${list}.`, {
    hint: 'Detach it in the settings of the machine first.',
    details: { mediumId: id, machines },
  });
}

/** What keeps a medium from being removed: snapshots, or media that build on it. */
function frozenMedium({ id, name }: MediumRecord, users: string[]): InnError {
  const list = [...new Set(users)].map((user) => `'${user}'`).join(', ');
  return new InnError('MEDIUM_IN_USE', `Cannot remove '${name}' because snapshots or clones build on it: ${list}.`, {
    hint: 'Delete these snapshots or linked clones first.',
    details: { mediumId: id, machines: users },
  });
}
