import { access, constants, readFile } from 'node:fs/promises';
import path from 'node:path';
import { InnError } from '../../../shared/errors.ts';
import { toHostname } from '../../../shared/host-name.ts';
import { isRest } from '../../../shared/machine-state.ts';
import type { MachineConfig, MachineId } from '../../../shared/model/machine.ts';
import type { NetworkAdapter } from '../../../shared/model/network.ts';
import type { Attachment, StorageController } from '../../../shared/model/storage.ts';
import type {
  MachineFolders,
  ResolvedAdapter,
  ResolvedDrive,
  ResolvedKernel,
  StartSpec,
} from '../../engines/start-spec.ts';
import type { MediumService } from '../../media/medium-service.ts';
import type { Paths } from '../../paths.ts';
import type { MachineRecord } from '../machine-record.ts';

export interface SpecSources {
  media: Pick<MediumService, 'resolve'>;
  paths: Pick<Paths, 'resources' | 'machineFolder' | 'machineRuntimeFolder'>;
}

/**
 * Resolves every reference of the configuration: media to files, the demo guest to its kernel, the machine to its
 * folders. The result starts cold; the caller adds what to restore.
 * @throws InnError `MEDIUM_NOT_FOUND`, `FILE_NOT_FOUND`, `FILE_NOT_ACCESSIBLE`
 */
export async function resolveSpec(sources: SpecSources, id: MachineId, config: MachineConfig): Promise<StartSpec> {
  const slots = config.storage.flatMap((controller) => controller.attachments.map((each) => ({ controller, each })));
  const [kernel, drives] = await Promise.all([
    resolveKernel(config, sources.paths.resources),
    Promise.all(slots.map(({ controller, each }) => resolveDrive(sources.media, controller, each))),
  ]);
  return {
    machineId: id,
    config,
    drives,
    kernel,
    adapters: config.adapters.map(resolveAdapter),
    folders: foldersOf(sources.paths, id),
    restoreFrom: null,
    isWarmStart: false,
    boardFolder: null,
    startsPaused: false,
  };
}

/** The folders of a machine, whether they exist or not. */
export function foldersOf(paths: SpecSources['paths'], id: MachineId): MachineFolders {
  const machine = paths.machineFolder(id);
  return { machine, runtime: paths.machineRuntimeFolder(id), logs: path.join(machine, 'logs') };
}

/** One drive with its medium looked up. @throws InnError as `resolveSpec` */
export async function resolveDrive(
  media: Pick<MediumService, 'resolve'>,
  controller: StorageController,
  { port, device, kind, mediumId }: Attachment,
): Promise<ResolvedDrive> {
  const medium = mediumId === null ? null : await media.resolve(mediumId);
  return { controller: controller.type, controllerName: controller.name, port, device, kind, medium };
}

async function resolveKernel({ kernelBoot, name }: MachineConfig, resources: string): Promise<ResolvedKernel | null> {
  if (kernelBoot === null) return null;
  const kernel = kernelBoot.source === 'demo' ? await demoKernel(resources, name) : kernelBoot;
  const { kernelPath, initrdPath, commandLine } = kernel;
  for (const file of [kernelPath, initrdPath]) if (file !== null) await assertReadable(file);
  return { kernelPath, initrdPath, commandLine };
}

/** The demo guest takes its host name from the word `inn.name=` of the command line. */
async function demoKernel(resources: string, name: string): Promise<ResolvedKernel> {
  const folder = path.join(resources, 'demo-guest');
  const usual = (await readFile(path.join(folder, 'cmdline'), 'utf8')).trim();
  const hostname = toHostname(name);
  const commandLine = hostname === '' ? usual : `${usual} inn.name=${hostname}`;
  return { kernelPath: path.join(folder, 'bzImage'), initrdPath: path.join(folder, 'initrd.gz'), commandLine };
}

async function assertReadable(file: string): Promise<void> {
  try {
    await access(file, constants.R_OK);
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new InnError(
      isMissing ? 'FILE_NOT_FOUND' : 'FILE_NOT_ACCESSIBLE',
      isMissing ? `The file '${file}' does not exist.` : `The file '${file}' cannot be read.`,
      { hint: 'Choose another kernel or initrd in the settings of the machine.', details: { path: file }, cause },
    );
  }
}

/** An adapter as an engine takes it: the network that it is on connects to it, or nobody does. */
export function resolveAdapter(
  { model, macAddress, isCableConnected }: NetworkAdapter,
  index: number,
): ResolvedAdapter {
  return { index, model, macAddress, isCableConnected };
}

/**
 * Two guests that write to one disk destroy its file system: refuses when another machine that is not at rest has a
 * writable medium of this one. Discs that nobody writes may be shared.
 * @throws InnError `MEDIUM_IN_USE`
 */
export function assertMediaFree(spec: StartSpec, machines: readonly MachineRecord[]): void {
  const busy = machines.filter((other) => other.id !== spec.machineId && !isRest(other.state));
  for (const { medium } of spec.drives) {
    if (!medium || medium.isReadOnly) continue;
    const user = busy.find(({ config }) => attaches(config, medium.id));
    if (!user) continue;
    throw new InnError(
      'MEDIUM_IN_USE',
      `Cannot start '${spec.config.name}' because '${user.config.name}' is using its disk '${medium.path}'.`,
      {
        hint: `Power off '${user.config.name}' first, or give each machine a disk of its own.`,
        details: { mediumId: medium.id, path: medium.path, usedBy: user.config.name },
      },
    );
  }
}

function attaches(config: MachineConfig, mediumId: string): boolean {
  return config.storage.some(({ attachments }) => attachments.some((each) => each.mediumId === mediumId));
}
