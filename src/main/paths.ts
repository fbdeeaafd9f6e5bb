import { createHash } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { InnError } from '../shared/errors.ts';
import type { MachineId } from '../shared/model/machine.ts';
import type { NetworkId } from '../shared/model/network.ts';

/** Every place on the host that the program uses. */
export interface Paths {
  /** The data folder: database, machines, logs. */
  data: string;
  database: string;
  logs: string;
  /** Folder of all machines' folders. */
  machines: string;
  /** Folder of disks that belong to no machine; made when the first comes. */
  disks: string;
  /** Sockets and process records; gone after the host's restart. One per data folder. */
  runtime: string;
  /** What can be found out again, such as what this computer's QEMU can do; one for all data folders. */
  cache: string;
  /** Firmware and demo guest that ship with the program. */
  resources: string;
  /** Disks, saved state and logs of one machine. */
  machineFolder(id: MachineId): string;
  /** Sockets and process record of one machine; at most `SOCKET_FOLDER_LIMIT` bytes. */
  machineRuntimeFolder(id: MachineId): string;
  /** The same for the process of a network. */
  networkRuntimeFolder(id: NetworkId): string;
  networkLog(id: NetworkId): string;
}

/** Unix socket paths end at 104 bytes (macOS) or 108 (Linux, unix(7)); this leaves room for the file's name. */
export const SOCKET_FOLDER_LIMIT = 80;

type Environment = Record<string, string | undefined>;

/**
 * Works out every path from the environment; changes nothing. `INNKEEPER_HOME` names the data folder; without it, it is
 * the platform's usual place.
 */
export function makePaths(env: Environment = process.env, platform: NodeJS.Platform = process.platform): Paths {
  const data = withoutLinks(resolve(env.INNKEEPER_HOME || usualDataFolder(env, platform)));
  const runtime = join(runtimeBase(env, platform), digest(data));
  const machines = join(data, 'machines');
  return {
    data,
    database: join(data, 'innkeeper.db'),
    logs: join(data, 'logs'),
    machines,
    disks: join(data, 'disks'),
    runtime,
    cache: cacheFolder(env, platform),
    resources: findResources(),
    machineFolder: (id) => join(machines, id),
    machineRuntimeFolder: (id) => join(runtime, shortId(id)),
    networkRuntimeFolder: (id) => join(runtime, `n${shortId(id).slice(1)}`),
    networkLog: (id) => join(data, 'logs', `network-${shortId(id)}.log`),
  };
}

/** Creates data and runtime folders, readable by nobody else. @throws InnError `FILE_NOT_ACCESSIBLE` */
export function prepareFolders(paths: Paths): void {
  for (const folder of [paths.data, paths.machines, paths.logs]) makeFolder(folder);
  ensurePrivateFolder(dirname(paths.runtime));
  ensurePrivateFolder(paths.runtime);
}

/**
 * Creates the folder with mode 0700, or makes sure that the one there is a true folder of this user that nobody else
 * may enter: in a shared temporary folder somebody could have put theirs there first.
 * @throws InnError `FILE_NOT_ACCESSIBLE`
 */
export function ensurePrivateFolder(folder: string): void {
  makeFolder(folder);
  if (process.platform === 'win32') return;
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== userInfo().uid) {
    throw new InnError('FILE_NOT_ACCESSIBLE', `The folder '${folder}' does not belong to you.`, {
      hint: 'Set XDG_RUNTIME_DIR to a folder of your own, or have that one removed.',
      details: { path: folder, owner: found.uid },
    });
  }
  if ((found.mode & 0o077) !== 0) chmodSync(folder, 0o700);
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new InnError('FILE_NOT_ACCESSIBLE', `The folder '${folder}' could not be created.`, {
      hint: 'Check who may write there, or set INNKEEPER_HOME to another data folder.',
      details: { path: folder },
      cause,
    });
  }
}

/** The path with symbolic links resolved, as far as it exists: one folder has one name, and one lot of sockets. */
function withoutLinks(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const parent = dirname(path);
  return parent === path ? path : join(withoutLinks(parent), basename(path));
}

function usualDataFolder(env: Environment, platform: NodeJS.Platform): string {
  const home = env.HOME || homedir();
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'Innkeeper');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Innkeeper');
  return join(env.XDG_DATA_HOME || join(home, '.local', 'share'), 'innkeeper');
}

function cacheFolder(env: Environment, platform: NodeJS.Platform): string {
  const home = env.HOME || homedir();
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'Innkeeper-Cache');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'Innkeeper');
  return join(env.XDG_CACHE_HOME || join(home, '.cache'), 'innkeeper');
}

/** The first place whose machine folders stay short enough for sockets; `/tmp` always is. */
function runtimeBase(env: Environment, platform: NodeJS.Platform): string {
  if (platform === 'win32') return join(env.LOCALAPPDATA || tmpdir(), 'Innkeeper-Runtime');
  const own = `innkeeper-${userInfo().uid}`;
  const places = [
    ...(env.XDG_RUNTIME_DIR ? [join(env.XDG_RUNTIME_DIR, 'innkeeper')] : []),
    join(env.TMPDIR || tmpdir(), own),
  ];
  return places.find((place) => Buffer.byteLength(place) <= SOCKET_FOLDER_LIMIT - BELOW_BASE) ?? join('/tmp', own);
}

const DIGEST_LENGTH = 8;
const SHORT_ID_LENGTH = 12;
/** What stands behind the base in a machine's runtime folder: `/<digest>/<short id>`. */
const BELOW_BASE = 1 + DIGEST_LENGTH + 1 + SHORT_ID_LENGTH;

/** Two data folders must never share sockets. */
function digest(dataFolder: string): string {
  return createHash('sha256').update(dataFolder).digest('hex').slice(0, DIGEST_LENGTH);
}

/** 48 of the id's random bits: enough to tell machines apart, and short. */
function shortId(id: MachineId | NetworkId): string {
  return id.replaceAll('-', '').slice(0, SHORT_ID_LENGTH);
}

/** The folder beside the packaged program, else the first `resources` above this file (sources, or their build). */
function findResources(): string {
  const packaged = (process as { resourcesPath?: string }).resourcesPath;
  const above: string[] = [];
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) above.push(folder);
  const places = [...(packaged ? [packaged] : []), ...above].map((folder) => join(folder, 'resources'));
  const found = places.find((place) => existsSync(join(place, 'firmware')));
  if (found) return found;
  throw new InnError('FILE_NOT_FOUND', 'The folder with firmware and demo guest is missing.', {
    hint: 'Install the program again.',
    details: { searched: places },
  });
}
