import { randomBytes, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { CreateMachineInput } from '../../shared/machine-contract.ts';
import type { EngineId } from '../../shared/model/engine.ts';
import { type MachineConfig, MachineId } from '../../shared/model/machine.ts';
import type { MediumFormat } from '../../shared/model/medium.ts';
import type { OsType } from '../../shared/os-types.ts';
import { type MachineTable, nameInUse } from '../db/machine-table.ts';
import type { Commit } from '../db/unit-of-work.ts';
import { fileError } from '../file-error.ts';
import { assertDiskSize, createDiskFile } from '../media/disk-file.ts';
import { imageFormat } from '../media/formats/formats.ts';
import { assertAbsolute } from '../media/inspect-image.ts';
import type { MediumRecord } from '../media/medium-record.ts';
import type { MediumService } from '../media/medium-service.ts';
import { FILE_ENDINGS } from '../media/new-disk-path.ts';
import { chooseOsType, macAddressFrom, makeConfig, newDiskSize } from './machine-config.ts';
import { DISKS_FOLDER, deleteFolder, type MachinePlaces, makeFolderAside, putInPlace } from './machine-folder.ts';
import type { MachineRecord } from './machine-record.ts';
import type { CheckEngine, MachineView } from './machine-view.ts';

export interface CreateMachineDeps {
  table: MachineTable;
  media: MediumService;
  commit: Commit;
  view: MachineView;
  paths: MachinePlaces;
  now: () => Date;
  checkEngine: CheckEngine;
  /** The formats of hard disks that an engine can use. */
  diskFormatsOf: (engine: EngineId) => readonly MediumFormat[];
  /** Throws `INVALID_CONFIG` for a configuration that cannot work on this host. */
  assertSound: (config: MachineConfig) => void;
}

/** The media of the new machine; those that are not stored yet are stored together with the machine. */
interface PreparedMedia {
  disk: MediumRecord | null;
  newDisk: MediumRecord | null;
  disc: MediumRecord | null;
  floppy: MediumRecord | null;
}

/** The file of a machine's first disk, without its ending. */
const NEW_DISK = 'disk';

/**
 * Creates a machine, wholly or not at all: its folder and disk are made aside, and get their names in the same step in
 * which machine and media are stored. A program that is killed in between leaves a folder for `sweepLeftovers`.
 * @throws InnError `INVALID_INPUT`, `NAME_IN_USE`, `INVALID_CONFIG`, `MEDIUM_IN_USE`, `FILE_NOT_FOUND`,
 * `FILE_NOT_ACCESSIBLE`, `IMAGE_INVALID`, `DISK_FULL`
 */
export async function createMachine(deps: CreateMachineDeps, wanted: CreateMachineInput): Promise<MachineRecord> {
  if (deps.table.byName(wanted.name)) throw nameInUse(wanted.name);
  const id = MachineId.parse(randomUUID());
  const osType = chooseOsType(wanted);
  const input = withRecommendedBoard(deps, wanted, osType);
  const diskSize = newDiskSize(input, osType);
  if (diskSize !== null) assertDiskSize(diskSize);
  await assertKernelFiles(input);
  const media = await prepareMedia(deps, id, input, osType, diskSize);
  const config = makeConfig(input, osType, drivesOf(media), macAddressFrom(randomBytes(3)));
  deps.assertSound(config);

  const aside = await makeFolderAside(deps.paths, id);
  try {
    if (media.newDisk) await makeNewDisk(aside, media.newDisk, input);
    return putInPlace(deps.paths, id, aside, () => store(deps, id, config, media));
  } catch (cause) {
    await deleteFolder(aside);
    throw cause;
  }
}

/** With the motherboard that the OS type recommends, when an engine here can give it; else without. */
function withRecommendedBoard(
  { checkEngine }: CreateMachineDeps,
  input: CreateMachineInput,
  osType: OsType,
): CreateMachineInput {
  if (osType.motherboard === undefined) return input;
  const recommended = { ...input, motherboard: { ...osType.motherboard, ...input.motherboard } };
  return checkEngine(draftOf(recommended, osType)).engine === null ? input : recommended;
}

/** The configuration without its media. */
function draftOf(input: CreateMachineInput, osType: OsType): MachineConfig {
  return makeConfig(input, osType, { disks: [], disc: null, floppy: null }, macAddressFrom(randomBytes(3)));
}

function store(deps: CreateMachineDeps, id: MachineId, config: MachineConfig, media: PreparedMedia): MachineRecord {
  const created = deps.now().toISOString();
  const record: MachineRecord = {
    id,
    position: 1 + Math.max(0, ...deps.table.list().map(({ position }) => position)),
    revision: 1,
    config,
    state: 'PoweredOff',
    reason: 'created',
    reasonDetail: null,
    stateSince: created,
    runtime: null,
    savedStateFile: null,
    warmStart: null,
    currentSnapshotId: null,
    isDisposable: false,
    boardFolder: null,
    createdAt: created,
    isDamaged: false,
  };
  return deps.commit((publish) => {
    const records = Object.values(media).filter((medium) => medium !== null);
    for (const medium of records) deps.media.adopt(medium);
    const [problem] = deps.media.problemsOf(config, id);
    if (problem) throw problem.error;
    deps.table.insert(record);
    deps.media.publishChanged(
      records.map((medium) => medium.id),
      publish,
    );
    publish({ kind: 'machineChanged', machine: deps.view(record) });
    return record;
  });
}

async function prepareMedia(
  deps: CreateMachineDeps,
  id: MachineId,
  input: CreateMachineInput,
  osType: OsType,
  newDiskSizeBytes: number | null,
): Promise<PreparedMedia> {
  const { media, paths } = deps;
  const { name, diskPath, isoPath, floppyPath } = input;
  const newDisk = (virtualSizeBytes: number) => {
    const format = input.diskFormat ?? newDiskFormat(deps, input, osType);
    return media.newRecord('disk', {
      location: join(paths.machineFolder(id), DISKS_FOLDER, `${NEW_DISK}.${FILE_ENDINGS[format]}`),
      format,
      virtualSizeBytes,
      name: `${name.trim()} disk`,
      isOwned: true,
    });
  };
  return {
    disk: diskPath === undefined ? null : await media.prepare(diskPath, 'disk'),
    newDisk: newDiskSizeBytes === null ? null : newDisk(newDiskSizeBytes),
    disc: isoPath === undefined ? null : await media.prepare(isoPath, 'optical'),
    floppy: floppyPath === undefined ? null : await media.prepare(floppyPath, 'floppy'),
  };
}

/** QCOW2, unless the engine that would run the machine cannot use it (docs/decisions/0008). */
function newDiskFormat({ checkEngine, diskFormatsOf }: CreateMachineDeps, input: CreateMachineInput, osType: OsType) {
  const { engine } = checkEngine(draftOf(input, osType));
  return engine === null || diskFormatsOf(engine).includes('qcow2') ? 'qcow2' : 'raw';
}

/** The size of some formats is rounded: what the image says is recorded. */
async function makeNewDisk(folder: string, disk: MediumRecord, { diskVariant }: CreateMachineInput): Promise<void> {
  const path = join(folder, DISKS_FOLDER, basename(disk.location));
  const { format } = disk;
  await createDiskFile(path, disk.virtualSizeBytes, { format, variant: diskVariant });
  disk.virtualSizeBytes = (await imageFormat(format).info(path)).virtualSizeBytes;
}

function drivesOf({ disk, newDisk, disc, floppy }: PreparedMedia) {
  const disks = [disk, newDisk].flatMap((record) => record?.id ?? []);
  return { disks, disc: disc?.id ?? null, floppy: floppy?.id ?? null };
}

/** @throws InnError `FILE_NOT_FOUND`, `FILE_NOT_ACCESSIBLE`, `INVALID_INPUT` */
async function assertKernelFiles({ kernelPath, initrdPath }: CreateMachineInput): Promise<void> {
  for (const path of [kernelPath, initrdPath].flatMap((each) => each ?? [])) {
    assertAbsolute(path);
    await access(path, constants.R_OK).catch((cause: unknown) => {
      throw fileError(path, cause);
    });
  }
}
