import { rm } from 'node:fs/promises';
import { basename, extname, join, sep } from 'node:path';
import { InnError } from '../../shared/errors.ts';
import type { CreateDiskInput } from '../../shared/medium-contract.ts';
import {
  type CheckReport,
  FORMAT_LABELS,
  type ImageVariant,
  type Medium,
  type MediumFormat,
  type MediumId,
} from '../../shared/model/medium.ts';
import { formatBytes } from '../../shared/units.ts';
import type { Commit } from '../db/unit-of-work.ts';
import type { TaskHandle, TaskService } from '../tasks/task-service.ts';
import { convertMedium } from './convert-medium.ts';
import { assertDiskSize, createDiskFile } from './disk-file.ts';
import { type ChainLink, openChain } from './formats/backing-chain.ts';
import { compactImage } from './formats/convert.ts';
import { imageFormat } from './formats/formats.ts';
import type { OpenOptions } from './formats/image-format.ts';
import { assertQuiet, assertWritable, type GuardSources } from './medium-guard.ts';
import type { MediumNeed } from './medium-locks.ts';
import type { MediumRecord } from './medium-record.ts';
import type { MediumService } from './medium-service.ts';
import { FILE_ENDINGS, type FileName, freePath, newFileLocation } from './new-disk-path.ts';

export interface ImageWorkDeps {
  media: MediumService;
  tasks: TaskService;
  commit: Commit;
  guard: GuardSources;
  /** Folder of the disks of the machine named so. @throws InnError `MACHINE_NOT_FOUND` */
  disksOfMachine(ref: string): string;
  paths: {
    /** Folder of all machines' folders: what lies in there goes with its machine. */
    machines: string;
    /** Folder of disks that belong to no machine; made when the first comes. */
    disks: string;
  };
}

export interface CopyInput {
  path?: string | undefined;
  name?: string | undefined;
  format?: MediumFormat | undefined;
  variant?: ImageVariant | undefined;
}

/**
 * Work on images that takes its time: each call is a task, holds the media it needs, and refuses with `MEDIUM_IN_USE` while a
 * machine stands in the way. What fails or is cancelled leaves nothing behind.
 */
export class ImageWork {
  readonly #deps: ImageWorkDeps;

  constructor(deps: ImageWorkDeps) {
    this.#deps = deps;
  }

  /**
   * An empty disk, known but not attached.
   * @throws InnError `INVALID_INPUT`, `NOT_SUPPORTED` (variant), `MACHINE_NOT_FOUND`, `FILE_EXISTS`, `FILE_NOT_FOUND`, `DISK_FULL`
   */
  async create({ path, name, machine, sizeBytes, format, variant }: CreateDiskInput): Promise<Medium> {
    assertDiskSize(sizeBytes);
    const folder = machine === undefined ? this.#deps.paths.disks : this.#deps.disksOfMachine(machine);
    const ending = `.${FILE_ENDINGS[format]}`;
    const location = await this.#newLocation(path, folder, { name: name ?? 'disk', ending });
    const title = `Creating '${basename(location)}'`;
    return this.#deps.tasks.run({ title, machineId: null, canCancel: false }, async () => {
      await createDiskFile(location, sizeBytes, { format, variant });
      return this.#adoptNew(location, format, 'disk');
    });
  }

  /** @throws InnError `INVALID_INPUT` when it would shrink, `NOT_SUPPORTED` (format), `MEDIUM_IN_USE`, `DISK_FULL` */
  async resize(id: MediumId, sizeBytes: number): Promise<Medium> {
    const { media, commit } = this.#deps;
    const record = media.record(id);
    const { name, format } = record;
    const { virtualSizeBytes } = media.view(id);
    assertGrowable(record, virtualSizeBytes, sizeBytes);
    const { grow, info } = imageFormat(format);
    if (!grow) throw cannotGrow(format);
    if (sizeBytes === virtualSizeBytes) return media.view(id);
    const job = { verb: 'resize', title: `Resizing '${name}'`, doing: 'being resized', isWriting: true };
    return this.#work(record, job, async ([{ path }], open) => {
      await grow(path, sizeBytes, open);
      const { virtualSizeBytes: size } = await info(path);
      commit((publish) => media.amend(id, { virtualSizeBytes: size }, publish));
      await media.refresh([id]);
      return media.view(id);
    });
  }

  /**
   * A new medium with what the guest sees of this one, backing images included.
   * @throws InnError `MEDIUM_IN_USE`, `NOT_SUPPORTED`, `FILE_EXISTS`, `FILE_NOT_FOUND`, `DISK_FULL`, `CANCELLED`, `IMAGE_INVALID`
   */
  async copy(id: MediumId, { path, name: stem, format: wanted, variant }: CopyInput): Promise<Medium> {
    const record = this.#deps.media.record(id);
    const { kind, name } = record;
    const format = wanted ?? record.format;
    if (kind !== 'disk' && format !== 'raw') throw onlyRaw(record);
    const ending = extname(record.location);
    const location = await this.#newLocation(path, this.#deps.paths.disks, {
      name: stem ?? basename(record.location, ending),
      ending: kind === 'disk' ? `.${FILE_ENDINGS[format]}` : ending,
    });
    const title = `Copying '${name}' to '${basename(location)}'`;
    const job = { verb: 'copy', title, doing: 'being copied', canCancel: true };
    return this.#work(record, job, async ([link], open, task) => {
      const options = { ...open, ...progressOf(task), ...(variant === undefined ? {} : { variant }) };
      await convertMedium(link, { path: location, format }, options);
      return this.#adoptNew(location, format, kind);
    });
  }

  /** @throws InnError `MEDIUM_IN_USE`, `NOT_SUPPORTED`, `DISK_FULL`, `CANCELLED`, `IMAGE_INVALID` */
  async compact(id: MediumId): Promise<{ medium: Medium; savedBytes: number }> {
    const { media } = this.#deps;
    const record = media.record(id);
    if (record.kind !== 'disk') throw onlyDisks(record, 'compacted');
    const title = `Compacting '${record.name}'`;
    const job = { verb: 'compact', title, doing: 'being compacted', isWriting: true, canCancel: true };
    return this.#work(record, job, async ([link], open, task) => {
      const savedBytes = await compactImage(link, { ...open, ...progressOf(task) });
      await media.refresh([id]);
      return { medium: media.view(id), savedBytes };
    });
  }

  /** @throws InnError `MEDIUM_IN_USE`; `IMAGE_INVALID` when there is too little to check, or it cannot be repaired */
  async check(id: MediumId, repairs: boolean): Promise<CheckReport> {
    const { media } = this.#deps;
    const record = media.record(id);
    const format = imageFormat(record.format);
    const job = repairs
      ? { verb: 'repair', title: `Repairing '${record.name}'`, doing: 'being repaired', isWriting: true }
      : { verb: 'check', title: `Checking '${record.name}'`, doing: 'being checked' };
    return this.#work(record, job, async ([{ path }]) => {
      const report = await format.check(path);
      if (!repairs || (report.isConsistent && report.leakedBytes === 0)) return report;
      if (!format.repair || !report.canRepair) throw cannotRepair(record, report);
      const after = await format.repair(path);
      await media.refresh([id]);
      return after;
    });
  }

  /**
   * Runs the work as a task, with the image and what it builds on held: a machine that starts meanwhile is refused. States are
   * looked at once they are held, so that no machine can slip in between.
   */
  async #work<T>(
    record: MediumRecord,
    { verb, title, doing, isWriting = false, canCancel = false }: Job,
    work: (links: Links, open: Opening, task: TaskHandle) => Promise<T>,
  ): Promise<T> {
    const { media, tasks, guard } = this.#deps;
    const { path, format, backing } = await media.resolve(record.id);
    const users = media.machinesOf(record.id);
    const machineId = users.length === 1 ? (users[0]?.id ?? null) : null;
    return media.locks.hold(this.#needs(record), doing, async () => {
      if (isWriting) assertWritable(guard, media.record(record.id), verb);
      else assertQuiet(guard, media.record(record.id), verb);
      return tasks.run({ title, machineId, mediumId: record.id, canCancel }, (task) =>
        work([{ path, format }, ...backing], opening(backing), task),
      );
    });
  }

  #needs(record: MediumRecord): MediumNeed[] {
    const { media } = this.#deps;
    const isAlone = record.kind !== 'optical';
    const needs: MediumNeed[] = [{ id: record.id, name: record.name, isAlone }];
    for (let { parentId } = record; parentId !== null; ) {
      const parent = media.record(parentId);
      needs.push({ id: parent.id, name: parent.name, isAlone: false });
      parentId = parent.parentId;
    }
    return needs;
  }

  #newLocation(path: string | undefined, folder: string, file: FileName): Promise<string> {
    const knownAt = (location: string) => this.#deps.media.records().find((each) => each.location === location);
    return path === undefined ? freePath(folder, file, knownAt) : newFileLocation(path, knownAt);
  }

  /** Makes a file that was just written known; deletes it when that fails. */
  async #adoptNew(location: string, format: MediumFormat, kind: MediumRecord['kind']): Promise<Medium> {
    const { media, commit, paths } = this.#deps;
    try {
      const { virtualSizeBytes } = await imageFormat(format).info(location);
      const isOwned = location.startsWith(join(paths.machines, sep));
      const record = media.newRecord(kind, { location, format, virtualSizeBytes, isOwned });
      commit((publish) => {
        media.adopt(record);
        media.publishChanged([record.id], publish);
      });
      await media.refresh([record.id]);
      return media.view(record.id);
    } catch (cause) {
      await rm(location, { force: true });
      throw cause;
    }
  }
}

/** One piece of work, in the words that tasks and refusals need. */
interface Job {
  /** After "Cannot": `copy`. */
  verb: string;
  title: string;
  /** After "because it is": `being copied`. */
  doing: string;
  isWriting?: boolean;
  canCancel?: boolean;
}

type Links = [ChainLink, ...ChainLink[]];
type Opening = Pick<OpenOptions, 'openBacking'>;

/** Opens what the image builds on by the program's records; what the image says about it is ignored. */
function opening([next, ...rest]: readonly ChainLink[]): Opening {
  return next ? { openBacking: () => openChain([next, ...rest], { isReadOnly: true }) } : {};
}

function progressOf(task: TaskHandle) {
  return {
    signal: task.signal,
    onProgress: (done: number, total: number) => task.progress(total > 0 ? done / total : 1),
  };
}

function assertGrowable({ name, kind }: MediumRecord, virtualSizeBytes: number, sizeBytes: number): void {
  if (kind !== 'disk') throw onlyDisks({ name, kind }, 'resized');
  assertDiskSize(sizeBytes);
  if (sizeBytes >= virtualSizeBytes) return;
  throw new InnError(
    'INVALID_INPUT',
    `Cannot make '${name}' smaller (it has ${formatBytes(virtualSizeBytes)}, and ${formatBytes(sizeBytes)} were asked for).`,
    {
      hint: 'File systems in the guest would be cut off. Create a smaller disk, attach both, and copy the files in the guest.',
      details: { virtualSizeBytes, sizeBytes },
    },
  );
}

function cannotGrow(format: MediumFormat): InnError {
  return new InnError('NOT_SUPPORTED', `A disk of the format ${FORMAT_LABELS[format]} cannot be enlarged.`, {
    hint: 'Copy it to QCOW2, and enlarge the copy.',
  });
}

function onlyDisks({ name, kind }: Pick<MediumRecord, 'name' | 'kind'>, done: string): InnError {
  return new InnError('NOT_SUPPORTED', `'${name}' cannot be ${done}: only hard disks can (kind: ${kind}).`, {
    hint: 'Choose a hard disk.',
  });
}

function onlyRaw({ name, kind }: MediumRecord): InnError {
  return new InnError('NOT_SUPPORTED', `'${name}' can only be copied as it is (kind: ${kind}).`, {
    hint: 'Leave the format out, or choose raw.',
  });
}

function cannotRepair({ name, location }: MediumRecord, report: CheckReport): InnError {
  return new InnError(
    'IMAGE_INVALID',
    `'${name}' cannot be repaired: ${report.errors[0] ?? 'its format has no repair'}.`,
    {
      hint: 'Copy it: all that can still be read goes into the copy. Or restore it from a backup.',
      details: { path: location, ...report },
    },
  );
}
