import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { basename, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { InnError } from '../../shared/errors.ts';
import type { MachineConfig, MachineId } from '../../shared/model/machine.ts';
import { type Medium, MediumId, type MediumKind } from '../../shared/model/medium.ts';
import type { MediumPatch, MediumTable } from '../db/medium-table.ts';
import type { Commit } from '../db/unit-of-work.ts';
import type { ResolvedMedium } from '../engines/start-spec.ts';
import { fileError } from '../file-error.ts';
import { type AttachmentProblem, attachmentProblems, mediumNotFound } from './attachment-problems.ts';
import { deleteFileAnd, isWritable } from './disk-file.ts';
import { inspectImage, locateFile } from './inspect-image.ts';
import { type FileLook, lookAtFile, NOT_LOOKED, sizeForGuest, toMedium } from './medium-file.ts';
import { MediumLocks } from './medium-locks.ts';
import type { MediumRecord } from './medium-record.ts';
import { assertRemovable } from './medium-removal.ts';
import type { MediumService, NewImage, Publish } from './medium-service.ts';

export interface MediumServiceDeps {
  table: MediumTable;
  commit: Commit;
  now: () => Date;
}

/** The media that the tables know, and what their files looked like last. */
export function createMediumService(deps: MediumServiceDeps): MediumService {
  return new KnownMedia(deps);
}

class KnownMedia implements MediumService {
  readonly locks = new MediumLocks();
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

  view(id: MediumId): Medium {
    return this.#view(this.#find(id));
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

  async remove(id: MediumId, deletesFile: boolean): Promise<void> {
    const { location } = this.#find(id);
    assertRemovable(this.#find(id), this.#table, this.locks);
    const forget = () => {
      assertRemovable(this.#find(id), this.#table, this.locks);
      this.#commit((publish) => this.forget([id], publish));
    };
    if (deletesFile) await deleteFileAnd(location, forget);
    else forget();
  }

  async resolve(id: MediumId): Promise<ResolvedMedium> {
    const record = this.#find(id);
    this.locks.assertFree({ id, name: record.name, isAlone: record.kind !== 'optical' });
    const path = await locateFile(record.location);
    await access(path, constants.R_OK).catch((cause: unknown) => {
      throw fileError(path, cause);
    });
    const isReadOnly = record.kind === 'optical' || !(await isWritable(path));
    const sizeBytes = sizeForGuest(record, await this.#look(record));
    return { id, path, format: record.format, sizeBytes, isReadOnly, backing: await this.#resolveBacking(record) };
  }

  record(id: MediumId): MediumRecord {
    return this.#find(id);
  }

  records(): MediumRecord[] {
    return this.#table.list();
  }

  childrenOf(id: MediumId): MediumRecord[] {
    return this.#table.childrenOf(id);
  }

  usersOf(id: MediumId): { id: MachineId; name: string }[] {
    return this.#table.usersOf(id);
  }

  isKept(id: MediumId): boolean {
    return this.#table.snapshotsOf(id).length > 0;
  }

  amend(id: MediumId, patch: MediumPatch, publish: Publish): void {
    this.#table.update(id, patch);
    this.publishChanged([id], publish);
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
      parentId: image.parentId ?? null,
      isHidden: false,
      isOwned: image.isOwned ?? false,
      description: '',
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
    const attachedTo = this.#table.attachedTo(record.id).map(({ name }) => name);
    const inSnapshots = this.#table.snapshotsOf(record.id).map(({ name, machine }) => `${name} (${machine})`);
    return toMedium(record, this.#looks.get(record.id) ?? NOT_LOOKED, { attachedTo, inSnapshots });
  }

  async #look(record: MediumRecord): Promise<FileLook> {
    const look = await lookAtFile(record);
    this.#looks.set(record.id, look);
    return look;
  }

  async #resolveBacking({ parentId }: MediumRecord): Promise<ResolvedMedium['backing']> {
    if (parentId === null) return [];
    const parent = this.#find(parentId);
    this.locks.assertFree({ id: parentId, name: parent.name, isAlone: false });
    const path = await locateFile(parent.location);
    return [{ path, format: parent.format }, ...(await this.#resolveBacking(parent))];
  }

  #find(id: MediumId): MediumRecord {
    const record = this.#table.get(id);
    if (!record) throw mediumNotFound(id);
    return record;
  }
}

function knownOtherwise({ name, kind, location }: MediumRecord, wanted: MediumKind): InnError {
  return new InnError('INVALID_INPUT', `'${name}' is known as a medium of the kind ${kind}, not ${wanted}.`, {
    hint: 'Remove it from the media first (its file stays), then add it again.',
    details: { path: location, kind, wanted },
  });
}
