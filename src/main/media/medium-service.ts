import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, rm } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { InnError } from '../../shared/errors.ts';
import type { MachineConfig, MachineId } from '../../shared/model/machine.ts';
import { type Medium, type MediumFormat, MediumId, type MediumKind } from '../../shared/model/medium.ts';
import type { MediumTable } from '../db/medium-table.ts';
import type { Commit } from '../db/unit-of-work.ts';
import type { ChangeEvent } from '../events.ts';
import { fileError } from '../file-error.ts';
import { type AttachmentProblem, attachmentProblems, mediumNotFound } from './attachment-problems.ts';
import { createDiskFile, deleteFileAnd, isWritable } from './disk-file.ts';
import { assertAbsolute, inspectImage, locateFile } from './inspect-image.ts';
import { type FileLook, lookAtFile, NOT_LOOKED, sizeForGuest, toMedium } from './medium-file.ts';
import type { MediumRecord } from './medium-record.ts';

/** A medium as an engine gets it (the `medium` of `ResolvedDrive`). */
export interface ResolvedMedium {
  id: MediumId;
  path: string;
  format: MediumFormat;
  sizeBytes: number;
  isReadOnly: boolean;
}

export interface NewImage {
  location: string;
  format: MediumFormat;
  virtualSizeBytes: number;
  /** By default the name of the file. */
  name?: string;
  /** Made by the program inside a machine's folder; by default not. */
  isOwned?: boolean;
}

type Publish = (event: ChangeEvent) => void;

export interface MediumService {
  /** All media, as their files were when last looked at; for the snapshot of the event stream. `list` looks first. */
  known(): Medium[];
  /** All media after a new look at their files; what changed is told as `mediumChanged`. */
  list(): Promise<Medium[]>;
  /** Looks anew at the files of these media. */
  refresh(ids: readonly MediumId[]): Promise<void>;
  /**
   * Makes the file known; one that is known already is returned. Its format is read now and never again, since a guest
   * could write another format's header onto its disk.
   * @throws InnError `INVALID_INPUT`, `FILE_NOT_FOUND`, `FILE_NOT_ACCESSIBLE`, `IMAGE_INVALID`
   */
  register(path: string, kind: MediumKind): Promise<Medium>;
  /** @throws InnError `INVALID_INPUT`, `FILE_EXISTS`, `FILE_NOT_FOUND`, `FILE_NOT_ACCESSIBLE`, `DISK_FULL` */
  createDisk(path: string, sizeBytes: number): Promise<Medium>;
  /** @throws InnError `MEDIUM_NOT_FOUND`, `MEDIUM_IN_USE`, and with `deletesFile` `FILE_NOT_ACCESSIBLE` */
  remove(id: MediumId, deletesFile: boolean): Promise<void>;
  /** What an engine needs to open it. @throws InnError `MEDIUM_NOT_FOUND`, `FILE_NOT_FOUND`, `FILE_NOT_ACCESSIBLE` */
  resolve(id: MediumId): Promise<ResolvedMedium>;
  /** What is wrong with the media of a configuration; `machineId` is null for a machine that does not exist yet. */
  problemsOf(config: MachineConfig, machineId: MachineId | null): AttachmentProblem[];
  /** The record of the known medium, or one that is not stored yet. @throws InnError as `register` */
  prepare(path: string, kind: MediumKind): Promise<MediumRecord>;
  /** A record, not stored yet, for an image that is known to be good. */
  newRecord(kind: MediumKind, image: NewImage): MediumRecord;
  /** Stores a record unless it is stored already, within the caller's commit; the caller publishes the change. */
  adopt(record: MediumRecord): void;
  /** Tells that the media are attached elsewhere now, within the caller's commit. */
  publishChanged(ids: Iterable<MediumId>, publish: Publish): void;
  /** The machines that have it attached. */
  machinesOf(id: MediumId): { id: MachineId; name: string }[];
  /** The media that the machine has attached, also when its record is damaged. */
  mediaOf(id: MachineId): MediumId[];
  /** Owned media whose files lie in the folder. */
  ownedIn(folder: string): MediumRecord[];
  /** Forgets the media, within the caller's commit. They must not be attached. */
  forget(ids: Iterable<MediumId>, publish: Publish): void;
}

export interface MediumServiceDeps {
  table: MediumTable;
  commit: Commit;
  now: () => Date;
}

/** Media: the files on the host that machines use as disks, discs and floppies. */
export function createMediumService(deps: MediumServiceDeps): MediumService {
  return new Media(deps);
}

class Media implements MediumService {
  readonly #table: MediumTable;
  readonly #commit: Commit;
  readonly #now: () => Date;
  /** What the files looked like last; not stored, since it is true of the moment only. */
  readonly #looks = new Map<MediumId, FileLook>();

  constructor({ table, commit, now }: MediumServiceDeps) {
    this.#table = table;
    this.#commit = commit;
    this.#now = now;
  }

  known(): Medium[] {
    return this.#table.list().map((record) => this.#view(record));
  }

  async list(): Promise<Medium[]> {
    await this.refresh(this.#table.list().map(({ id }) => id));
    return this.known();
  }

  async refresh(ids: readonly MediumId[]): Promise<void> {
    const changed: MediumId[] = [];
    await Promise.all(
      ids.map(async (id) => {
        const record = this.#table.get(id);
        const before = this.#looks.get(id) ?? NOT_LOOKED;
        if (record && !isDeepStrictEqual(before, await this.#look(record))) changed.push(id);
      }),
    );
    if (changed.length > 0) this.#commit((publish) => this.publishChanged(changed, publish));
  }

  async register(path: string, kind: MediumKind): Promise<Medium> {
    return this.#store(await this.prepare(path, kind));
  }

  async createDisk(path: string, sizeBytes: number): Promise<Medium> {
    assertAbsolute(path);
    const location = join(await locateFile(dirname(path)), basename(path));
    const stale = this.#table.byLocation(location);
    if (stale) throw alreadyKnown(stale);
    await createDiskFile(location, sizeBytes);
    try {
      return await this.#store(this.newRecord('disk', { location, format: 'raw', virtualSizeBytes: sizeBytes }));
    } catch (cause) {
      await rm(location, { force: true });
      throw cause;
    }
  }

  async remove(id: MediumId, deletesFile: boolean): Promise<void> {
    const { location } = this.#find(id);
    this.#assertDetached(id);
    const forget = () => {
      this.#assertDetached(id);
      this.#commit((publish) => this.forget([id], publish));
    };
    if (deletesFile) await deleteFileAnd(location, forget);
    else forget();
  }

  async resolve(id: MediumId): Promise<ResolvedMedium> {
    const record = this.#find(id);
    const path = await locateFile(record.location);
    await access(path, constants.R_OK).catch((cause: unknown) => {
      throw fileError(path, cause);
    });
    const isReadOnly = record.kind === 'optical' || !(await isWritable(path));
    return { id, path, format: record.format, sizeBytes: sizeForGuest(record, await this.#look(record)), isReadOnly };
  }

  problemsOf(config: MachineConfig, machineId: MachineId | null): AttachmentProblem[] {
    return attachmentProblems(config, machineId, this.#table);
  }

  async prepare(path: string, kind: MediumKind): Promise<MediumRecord> {
    const known = this.#table.byLocation(await locateFile(path));
    if (known && known.kind !== kind) throw knownOtherwise(known, kind);
    const record = known ?? this.newRecord(kind, await inspectImage(path, kind));
    const { inaccessibleBecause } = await this.#look(record);
    if (inaccessibleBecause === null) return record;
    throw new InnError('FILE_NOT_ACCESSIBLE', inaccessibleBecause, {
      hint: 'Change who may use it.',
      details: { path },
    });
  }

  newRecord(kind: MediumKind, image: NewImage): MediumRecord {
    return {
      id: MediumId.parse(randomUUID()),
      kind,
      name: image.name ?? basename(image.location),
      location: image.location,
      format: image.format,
      virtualSizeBytes: image.virtualSizeBytes,
      isOwned: image.isOwned ?? false,
      createdAt: this.#now().toISOString(),
    };
  }

  adopt(record: MediumRecord): void {
    if (!this.#table.get(record.id)) this.#table.insert(record);
  }

  publishChanged(ids: Iterable<MediumId>, publish: Publish): void {
    for (const id of new Set(ids)) {
      const record = this.#table.get(id);
      if (record) publish({ kind: 'mediumChanged', medium: this.#view(record) });
    }
  }

  ownedIn(folder: string): MediumRecord[] {
    return this.#table.list().filter(({ isOwned, location }) => isOwned && location.startsWith(folder + sep));
  }

  machinesOf(id: MediumId): { id: MachineId; name: string }[] {
    return this.#table.attachedTo(id);
  }

  mediaOf(id: MachineId): MediumId[] {
    return this.#table.ofMachine(id);
  }

  forget(ids: Iterable<MediumId>, publish: Publish): void {
    for (const id of ids) {
      this.#table.delete(id);
      this.#looks.delete(id);
      publish({ kind: 'mediumRemoved', id });
    }
  }

  /** Stores the record unless the same file became known in the meantime. */
  async #store(record: MediumRecord): Promise<Medium> {
    await this.#look(record);
    return this.#commit((publish) => {
      const stored = this.#table.byLocation(record.location) ?? record;
      this.adopt(stored);
      if (stored === record) this.publishChanged([record.id], publish);
      return this.#view(stored);
    });
  }

  #view(record: MediumRecord): Medium {
    const names = this.#table.attachedTo(record.id).map(({ name }) => name);
    return toMedium(record, this.#looks.get(record.id) ?? NOT_LOOKED, names);
  }

  async #look(record: MediumRecord): Promise<FileLook> {
    const look = await lookAtFile(record);
    this.#looks.set(record.id, look);
    return look;
  }

  #find(id: MediumId): MediumRecord {
    const record = this.#table.get(id);
    if (!record) throw mediumNotFound(id);
    return record;
  }

  #assertDetached(id: MediumId): void {
    const { name } = this.#find(id);
    const machines = this.#table.attachedTo(id).map((machine) => machine.name);
    if (machines.length === 0) return;
    const list = machines.map((machine) => `'${machine}'`).join(', ');
    throw new InnError('MEDIUM_IN_USE', `Cannot remove '${name}' because it is attached to ${list}.`, {
      hint: 'Detach it in the settings of the machine first.',
      details: { mediumId: id, machines },
    });
  }
}

function knownOtherwise({ name, kind, location }: MediumRecord, wanted: MediumKind): InnError {
  return new InnError('INVALID_INPUT', `'${name}' is known as a medium of the kind ${kind}, not ${wanted}.`, {
    hint: 'Remove it from the media first (its file stays), then add it again.',
    details: { path: location, kind, wanted },
  });
}

function alreadyKnown({ name, location }: MediumRecord): InnError {
  return new InnError('FILE_EXISTS', `A medium at '${location}' is known already.`, {
    hint: `Choose another name, or remove '${name}' from the media first.`,
    details: { path: location },
  });
}
