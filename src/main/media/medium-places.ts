import { constants } from 'node:fs';
import { copyFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { InnError, toErrorReport } from '../../shared/errors.ts';
import {
  FORMAT_LABELS,
  type Medium,
  type MediumDetails,
  type MediumId,
  type MediumKind,
} from '../../shared/model/medium.ts';
import { formatBytes } from '../../shared/units.ts';
import type { Commit } from '../db/unit-of-work.ts';
import { errnoOf, fileError } from '../file-error.ts';
import type { TaskService } from '../tasks/task-service.ts';
import { imageFormat } from './formats/formats.ts';
import { inspectImage, locateFile } from './inspect-image.ts';
import { assertMovable, type GuardSources } from './medium-guard.ts';
import type { MediumRecord } from './medium-record.ts';
import type { MediumService } from './medium-service.ts';
import { isThere, newFileLocation } from './new-disk-path.ts';
import { makeAside, moveWithoutOverwriting } from './new-file.ts';

export interface MediumPlacesDeps {
  media: MediumService;
  tasks: TaskService;
  commit: Commit;
  guard: GuardSources;
  paths: { machines: string };
}

/** Where the files of media are, and what they say about themselves. */
export class MediumPlaces {
  readonly #deps: MediumPlacesDeps;

  constructor(deps: MediumPlacesDeps) {
    this.#deps = deps;
  }

  /** What the image says; nulls where the file cannot be read. @throws InnError `MEDIUM_NOT_FOUND` */
  async details(id: MediumId): Promise<MediumDetails> {
    const { media } = this.#deps;
    const record = media.record(id);
    await media.refresh([id]);
    const chain = [...chainOf(media, record)].map(({ id: link, name, location }) => ({ id: link, name, location }));
    const info = await imageFormat(record.format)
      .info(record.location)
      .catch(() => null); // Why it cannot be read stands in `medium.inaccessibleBecause`.
    return {
      medium: media.view(id),
      variant: info?.variant ?? null,
      clusterSizeBytes: info?.clusterSizeBytes ?? null,
      internalSnapshots: info?.internalSnapshots ?? null,
      chain,
    };
  }

  /**
   * Takes the file at `path` as that of the medium, when it is the same image by kind, format and size.
   * @throws InnError `FILE_NOT_FOUND`, `FILE_NOT_ACCESSIBLE`, `IMAGE_INVALID` when it is another image, `FILE_EXISTS` when it is known
   * as another medium, `MEDIUM_IN_USE`
   */
  async relocate(id: MediumId, path: string): Promise<Medium> {
    const { media, guard } = this.#deps;
    const record = media.record(id);
    assertMovable(guard, record, 'relocate');
    const location = await locateFile(path);
    const other = media.records().find((each) => each.location === location && each.id !== id);
    if (other) throw knownAs(other);
    await assertSameImage(record, location);
    return this.#place(record, location);
  }

  /** Moves the file; on the same disk at once, else by copying it. @throws InnError as `relocate`, `DISK_FULL` */
  async move(id: MediumId, path: string): Promise<Medium> {
    const { media, tasks, guard } = this.#deps;
    const record = media.record(id);
    const { name } = record;
    const target = await newFileLocation(path, (at) => media.records().find(({ location }) => location === at));
    return media.locks.hold([{ id, name, isAlone: true }], 'being moved', async () => {
      assertMovable(guard, media.record(id), 'move');
      const options = { title: `Moving '${name}'`, machineId: null, mediumId: id, canCancel: false };
      return tasks.run(options, async () => {
        await copyOrLink(record.location, target);
        const moved = await this.#place(record, target).catch(async (cause: unknown) => {
          if (await isThere(record.location)) await rm(target, { force: true });
          else await rename(target, record.location);
          throw cause;
        });
        await rm(record.location, { force: true });
        return moved;
      });
    });
  }

  /** @throws InnError `MEDIUM_NOT_FOUND` */
  describe(
    id: MediumId,
    { name, description }: { name?: string | undefined; description?: string | undefined },
  ): Medium {
    const { media, commit } = this.#deps;
    media.record(id);
    const patch = { ...(name === undefined ? {} : { name }), ...(description === undefined ? {} : { description }) };
    commit((publish) => media.amend(id, patch, publish));
    return media.view(id);
  }

  /**
   * Makes the images of a folder known, by the endings of their names and then their contents; what cannot be used is passed over.
   * @throws InnError `FILE_NOT_FOUND`, `FILE_NOT_ACCESSIBLE`
   */
  async scan(folder: string): Promise<Medium[]> {
    const { media } = this.#deps;
    const root = await locateFile(folder);
    const entries = await readdir(root, { withFileTypes: true }).catch((cause: unknown) => {
      throw fileError(root, cause);
    });
    const found: Medium[] = [];
    for (const entry of entries.filter((each) => each.isFile() && !each.name.startsWith('.'))) {
      const location = join(root, entry.name);
      const kind = KINDS[extname(entry.name).toLowerCase()];
      if (!kind || media.records().some((each) => each.location === location)) continue;
      const medium = await registerIfUsable(media, location, kind);
      if (medium) found.push(medium);
    }
    return found;
  }

  async #place(record: MediumRecord, location: string): Promise<Medium> {
    const { media, commit, paths } = this.#deps;
    const isOwned = location.startsWith(join(paths.machines, sep));
    commit((publish) => media.amend(record.id, { location, isOwned }, publish));
    await media.refresh([record.id]);
    return media.view(record.id);
  }
}

const KINDS: Record<string, MediumKind | undefined> = {
  '.iso': 'optical',
  '.flp': 'floppy',
  '.vfd': 'floppy',
  '.img': 'disk',
  '.raw': 'disk',
  '.qcow2': 'disk',
  '.vdi': 'disk',
  '.vhd': 'disk',
  '.vmdk': 'disk',
  '.vhdx': 'disk',
};

async function registerIfUsable(media: MediumService, path: string, kind: MediumKind): Promise<Medium | undefined> {
  try {
    return await media.register(path, kind);
  } catch (cause) {
    if (toErrorReport(cause).code === 'INTERNAL') throw cause;
    return undefined;
  }
}

function* chainOf(media: MediumService, record: MediumRecord): Generator<MediumRecord> {
  yield record;
  if (record.parentId !== null) yield* chainOf(media, media.record(record.parentId));
}

/** A hard link where the disk has them, so that the file is never missing; a copy when it goes to another disk. */
async function copyOrLink(from: string, to: string): Promise<void> {
  try {
    await moveWithoutOverwriting(from, to);
  } catch (cause) {
    if (errnoOf(cause) !== 'EXDEV') throw fileError(to, cause);
    await makeAside(to, async (aside) => {
      await copyFile(from, aside, constants.COPYFILE_FICLONE);
      await moveWithoutOverwriting(aside, to);
    });
  }
}

/** @throws InnError `IMAGE_INVALID` when the file is another image than the one that the medium was */
async function assertSameImage(record: MediumRecord, path: string): Promise<void> {
  const { kind, format, name, virtualSizeBytes } = record;
  if (kind !== 'disk') {
    const found = await inspectImage(path, kind);
    if (found.virtualSizeBytes !== virtualSizeBytes) throw otherImage(name, path, sizes(found, record));
    return;
  }
  if (!(await stat(path)).isFile()) throw fileError(path, Object.assign(new Error('folder'), { code: 'EISDIR' }));
  const found = await imageFormat(format)
    .info(path)
    .catch((cause: unknown) => {
      throw otherImage(name, path, `it is no sound image of the format ${FORMAT_LABELS[format]}`, cause);
    });
  if (found.virtualSizeBytes !== virtualSizeBytes) throw otherImage(name, path, sizes(found, record));
  if ((found.backingReference !== null) === (record.parentId !== null)) return;
  throw otherImage(name, path, record.parentId === null ? 'it builds on another image' : 'it builds on no other image');
}

const sizes = (found: { virtualSizeBytes: number }, wanted: { virtualSizeBytes: number }) =>
  `it has ${formatBytes(found.virtualSizeBytes)} instead of ${formatBytes(wanted.virtualSizeBytes)}`;

function otherImage(name: string, path: string, why: string, cause?: unknown): InnError {
  return new InnError('IMAGE_INVALID', `'${path}' is not the image of '${name}': ${why}.`, {
    hint: 'Choose the file that it was before it went; add this one as another medium.',
    details: { path },
    cause,
  });
}

function knownAs({ name, location }: MediumRecord): InnError {
  return new InnError('FILE_EXISTS', `'${location}' is known as the medium '${name}' already.`, {
    hint: `Remove '${name}' from the media first (its file stays).`,
    details: { path: location },
  });
}
