import { InnError } from '../../shared/errors.ts';
import { describeState, hasSavedState, isRest, type MachineState } from '../../shared/machine-state.ts';
import type { MachineId } from '../../shared/model/machine.ts';
import type { MediumId } from '../../shared/model/medium.ts';
import type { MediumRecord } from './medium-record.ts';

export interface GuardSources {
  machinesOf(id: MediumId): { id: MachineId; name: string }[];
  usersOf(id: MediumId): { id: MachineId; name: string }[];
  childrenOf(id: MediumId): MediumRecord[];
  isKept(id: MediumId): boolean;
  /** Undefined for a machine that is gone. */
  stateOf(id: MachineId): MachineState | undefined;
}

/**
 * Passes when the image does not change while it is read: no machine that has it attached is on.
 * @param verb after "Cannot": `copy`.
 * @throws InnError `MEDIUM_IN_USE`, naming the machine and its state
 */
export function assertQuiet(sources: GuardSources, medium: MediumRecord, verb: string): void {
  if (medium.kind === 'optical') return; // Nobody writes a disc.
  for (const machine of sources.machinesOf(medium.id)) {
    const state = sources.stateOf(machine.id);
    if (state && !isRest(state)) throw inUse(medium, verb, machine.name, state);
  }
}

/**
 * Passes when the image may be written: nothing that needs it is on, no saved state was made with it, and neither snapshots nor
 * other media rely on its staying as it is.
 * @throws InnError `MEDIUM_IN_USE`
 */
export function assertWritable(sources: GuardSources, medium: MediumRecord, verb: string): void {
  assertQuiet(sources, medium, verb);
  if (sources.isKept(medium.id) || sources.childrenOf(medium.id).length > 0) {
    throw frozen(medium, verb, sources.usersOf(medium.id));
  }
  for (const machine of sources.machinesOf(medium.id)) {
    const state = sources.stateOf(machine.id);
    if (state && hasSavedState(state)) throw savedWith(medium, verb, machine.name, state);
  }
}

/** Passes when the file may go elsewhere: no machine that needs it, also through what builds on it, is on. */
export function assertMovable(sources: GuardSources, medium: MediumRecord, verb: string): void {
  for (const machine of sources.usersOf(medium.id)) {
    const state = sources.stateOf(machine.id);
    if (state && !isRest(state)) throw inUse(medium, verb, machine.name, state);
  }
}

function inUse({ id, name }: MediumRecord, verb: string, machine: string, state: MachineState): InnError {
  return new InnError(
    'MEDIUM_IN_USE',
    `Cannot ${verb} '${name}' because '${machine}' is using it (machine state: ${describeState(state)}).`,
    { hint: `Shut '${machine}' down or power it off first.`, details: { mediumId: id, machines: [machine], state } },
  );
}

function savedWith({ id, name }: MediumRecord, verb: string, machine: string, state: MachineState): InnError {
  return new InnError(
    'MEDIUM_IN_USE',
    `Cannot ${verb} '${name}' because the saved state of '${machine}' belongs to it (machine state: ${describeState(state)}).`,
    {
      hint: `Start '${machine}' and shut it down, or discard its saved state.`,
      details: { mediumId: id, machines: [machine], state },
    },
  );
}

function frozen({ id, name }: MediumRecord, verb: string, users: { name: string }[]): InnError {
  const machines = users.map((user) => user.name);
  const list = machines.map((each) => `'${each}'`).join(', ');
  return new InnError(
    'MEDIUM_IN_USE',
    `Cannot ${verb} '${name}' because snapshots or clones build on it${list === '' ? '' : `: ${list}`}.`,
    { hint: 'Copy it and work with the copy, or delete the snapshots first.', details: { mediumId: id, machines } },
  );
}
