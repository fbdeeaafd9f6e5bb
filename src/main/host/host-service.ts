import { readdir, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import si from 'systeminformation';
import { InnError } from '../../shared/errors.ts';
import type { EngineInfo } from '../../shared/model/engine.ts';
import type { FolderEntry, FolderListing, HostInfo } from '../../shared/model/host.ts';
import type { Engine } from '../engines/engine.ts';
import type { CapacityReader } from '../hypervisor/host-capacity.ts';

/** Probes start programs: they are asked again only after this time. */
const PROBE_LIFETIME_MS = 30_000;

export interface HostService {
  info(): Promise<HostInfo>;
  /** What every engine found at its probe; at most 30 s old. */
  doctor(): Promise<EngineInfo[]>;
  /** What the latest probes found; empty before the first. */
  knownEngines(): readonly EngineInfo[];
  /** Folders first, then files, by name; hidden ones are left out. Without a path: the user's home folder. */
  listFolder(folder?: string): Promise<FolderListing>;
}

interface HostServiceOptions {
  dataFolder: string;
  capacity: CapacityReader;
  engines: readonly Engine[];
  monotonicMs?: () => number;
}

/** What the program knows of the computer it runs on. */
export function createHostService(options: HostServiceOptions): HostService {
  const { dataFolder, capacity, engines, monotonicMs = () => performance.now() } = options;
  let description: Promise<Pick<HostInfo, 'osName' | 'processorModel'>> | undefined;
  let probe: { at: number; infos: Promise<EngineInfo[]> } | undefined;
  let known: readonly EngineInfo[] = [];

  const probeAll = async (): Promise<EngineInfo[]> => {
    const infos = await Promise.all(engines.map((engine) => engine.probe()));
    known = infos;
    return infos;
  };

  return {
    async info() {
      description ??= describeHost();
      const [measured, described] = await Promise.all([capacity.read(), description]);
      return {
        hostname: os.hostname(),
        platform: process.platform,
        architecture: process.arch,
        dataFolder,
        ...described,
        ...measured,
      };
    },

    doctor() {
      if (!probe || monotonicMs() - probe.at >= PROBE_LIFETIME_MS) {
        probe = { at: monotonicMs(), infos: probeAll() };
      }
      return probe.infos;
    },

    knownEngines: () => known,

    listFolder: (folder = os.homedir()) => listFolder(folder),
  };
}

async function describeHost(): Promise<Pick<HostInfo, 'osName' | 'processorModel'>> {
  const info = await si.osInfo().catch(() => undefined);
  const osName = [info?.distro, info?.release].filter((part) => part && part !== 'unknown').join(' ');
  return {
    osName: osName || `${os.type()} ${os.release()}`,
    processorModel: os.cpus()[0]?.model.trim() || 'unknown',
  };
}

/**
 * Lists a folder for the file dialogs.
 * @throws InnError `FILE_NOT_FOUND`, or `FILE_NOT_ACCESSIBLE` when it is no folder or may not be read.
 */
async function listFolder(folder: string): Promise<FolderListing> {
  const resolved = path.resolve(folder);
  const found = await readdir(resolved, { withFileTypes: true }).catch((error: unknown) => {
    throw toFolderError(resolved, error);
  });
  const visible = found.filter((entry) => !entry.name.startsWith('.'));
  const entries = await Promise.all(visible.map((entry) => toEntry(resolved, entry.name)));
  const parent = path.dirname(resolved);
  return {
    path: resolved,
    parent: parent === resolved ? null : parent,
    entries: entries.filter((entry) => entry !== undefined).sort(byKindAndName),
  };
}

/** Follows links, so that a link to a folder can be entered; a broken one, a socket or a device is left out. */
async function toEntry(folder: string, name: string): Promise<FolderEntry | undefined> {
  const file = path.join(folder, name);
  const stats = await stat(file).catch(() => undefined);
  if (!stats || !(stats.isDirectory() || stats.isFile())) return undefined;
  const isFolder = stats.isDirectory();
  return { name, path: file, isFolder, sizeBytes: isFolder ? null : stats.size };
}

function byKindAndName(a: FolderEntry, b: FolderEntry): number {
  if (a.isFolder !== b.isFolder) return a.isFolder ? -1 : 1;
  return a.name.localeCompare(b.name, undefined, { numeric: true });
}

function toFolderError(folder: string, error: unknown): InnError {
  const code = (error as NodeJS.ErrnoException).code;
  const options = { details: { path: folder }, cause: error };
  if (code === 'ENOENT') {
    return new InnError('FILE_NOT_FOUND', `There is no folder '${folder}'.`, {
      ...options,
      hint: 'Choose a folder that exists.',
    });
  }
  const why = code === 'ENOTDIR' ? 'it is not a folder' : `it cannot be read (${code ?? String(error)})`;
  return new InnError('FILE_NOT_ACCESSIBLE', `Cannot list '${folder}' because ${why}.`, {
    ...options,
    hint: 'Choose another folder, or change its permissions.',
  });
}
