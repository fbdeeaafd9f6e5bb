import { InnError } from '../../shared/errors.ts';
import type { MachineConfig, MachineId } from '../../shared/model/machine.ts';
import type { Attachment } from '../../shared/model/storage.ts';
import type { MediumTable } from '../db/medium-table.ts';
import type { MediumRecord } from './medium-record.ts';

/** Why a medium cannot be in the drive that a configuration puts it in. */
export interface AttachmentProblem {
  /** Path of the field, such as `storage.0.attachments.1.mediumId`. */
  field: string;
  /** `MEDIUM_NOT_FOUND`, `MEDIUM_IN_USE` or `INVALID_CONFIG`. */
  error: InnError;
}

/**
 * Every medium of the configuration that is unknown, of another kind than its drive, or in use elsewhere. Disks and
 * floppies are written to, so one machine has them at a time; a disc may be in many.
 * @param machineId the machine whose configuration it is, or null for one that does not exist yet.
 */
export function attachmentProblems(
  config: MachineConfig,
  machineId: MachineId | null,
  table: Pick<MediumTable, 'get' | 'attachedTo' | 'childrenOf' | 'snapshotsOf' | 'usersOf'>,
): AttachmentProblem[] {
  return config.storage.flatMap((controller, controllerIndex) =>
    controller.attachments.flatMap((attachment, index) => {
      const error = problemOf(attachment, machineId, table);
      return error ? [{ field: `storage.${controllerIndex}.attachments.${index}.mediumId`, error }] : [];
    }),
  );
}

function problemOf(
  { mediumId, kind }: Attachment,
  machineId: MachineId | null,
  table: Pick<MediumTable, 'get' | 'attachedTo' | 'childrenOf' | 'snapshotsOf' | 'usersOf'>,
): InnError | undefined {
  if (mediumId === null) return undefined;
  const medium = table.get(mediumId);
  if (!medium) return mediumNotFound(mediumId);
  if (medium.kind !== kind) {
    return new InnError('INVALID_CONFIG', `'${medium.name}' cannot be in this drive: it is ${WORDS[medium.kind]}.`, {
      hint: `Choose ${WORDS[kind]}.`,
      details: { mediumId, kind: medium.kind, drive: kind },
    });
  }
  const isFrozen = table.childrenOf(mediumId).length > 0 || table.snapshotsOf(mediumId).length > 0;
  if (kind === 'disk' && isFrozen) return frozen(medium, table.usersOf(mediumId));
  const other = table.attachedTo(mediumId).find(({ id }) => id !== machineId);
  if (kind === 'optical' || !other) return undefined;
  return new InnError('MEDIUM_IN_USE', `'${medium.name}' is attached to '${other.name}'.`, {
    hint: `Detach it from '${other.name}' first: two machines that write to one disk would destroy its contents.`,
    details: { mediumId, machine: other.name },
  });
}

function frozen({ id, name }: MediumRecord, users: { name: string }[]): InnError {
  const list = users.map((user) => `'${user.name}'`).join(', ');
  return new InnError(
    'MEDIUM_IN_USE',
    `'${name}' cannot be attached because snapshots or clones build on it: ${list}.`,
    {
      hint: 'Clone the machine or the disk, and attach the copy.',
      details: { mediumId: id, machines: users.map((user) => user.name) },
    },
  );
}

const WORDS = { disk: 'a hard disk', optical: 'an optical disc', floppy: 'a floppy' } as const;

export function mediumNotFound(id: string): InnError {
  return new InnError('MEDIUM_NOT_FOUND', `There is no medium with the id '${id}'.`, {
    hint: 'Register its file first, or leave the drive empty.',
    details: { mediumId: id },
  });
}
