import { hasSavedState, isRest, MACHINE_STATES } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import { FORMAT_LABELS, GROWABLE_FORMATS, type Medium } from '../../shared/model/medium.ts';
import type { World } from '../store.ts';

export type MediumCommand = 'copy' | 'resize' | 'compact' | 'check' | 'release' | 'remove';

type Known = Pick<World, 'machines' | 'media'>;

/** Why the command cannot be given now, as a sentence; null when it can. The core guards by the same rules. */
export function whyNot(command: MediumCommand, medium: Medium, known: Known): string | null {
  const users = usersOf(medium, known);
  if (command === 'remove') return whyNotRemoved(medium, known);
  if (command === 'release') return whyNotReleased(medium, users);
  if (medium.inaccessibleBecause !== null) return 'Its file cannot be read.';
  if (medium.kind !== 'disk') return command === 'copy' ? null : 'Only hard disks can be changed.';
  const online = users.find(({ state }) => !isRest(state));
  if (online) return `'${online.config.name}' is using it: ${MACHINE_STATES[online.state].label}.`;
  if (command === 'copy' || command === 'check') return null;
  if (isFrozen(medium, known)) return 'Snapshots or clones build on it.';
  if (command === 'resize' && !GROWABLE_FORMATS.includes(medium.format)) {
    return `A disk of the format ${FORMAT_LABELS[medium.format]} cannot be enlarged. Copy it to QCOW2 first.`;
  }
  const saved = users.find(({ state }) => hasSavedState(state));
  return saved ? `The saved state of '${saved.config.name}' belongs to it.` : null;
}

function whyNotRemoved(medium: Medium, known: Known): string | null {
  if (medium.attachedTo.length > 0) return `It is attached to ${listed(medium.attachedTo)}. Release it first.`;
  return isFrozen(medium, known) ? 'Snapshots or clones build on it.' : null;
}

function whyNotReleased({ kind, attachedTo }: Medium, users: readonly Machine[]): string | null {
  if (attachedTo.length === 0) return 'No machine has it attached.';
  const busy = users.find(({ state }) =>
    kind === 'disk' ? !isRest(state) || hasSavedState(state) : hasSavedState(state),
  );
  return busy ? `'${busy.config.name}' is not powered off: ${MACHINE_STATES[busy.state].label}.` : null;
}

/** Whether snapshots or other media rely on its staying as it is. */
export function isFrozen({ id, inSnapshots }: Medium, { media }: Known): boolean {
  return inSnapshots.length > 0 || [...media.values()].some(({ parentId }) => parentId === id);
}

function usersOf({ id }: Medium, { machines }: Known): Machine[] {
  return [...machines.values()].filter(({ config }) =>
    config.storage.some(({ attachments }) => attachments.some(({ mediumId }) => mediumId === id)),
  );
}

/** `'web', 'mail'` */
export function listed(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}
