import { chmod, mkdir, rename, rm, rmdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { InnError } from '../../shared/errors.ts';
import { PROCESS_FILE } from '../processes/leftover.ts';
import { RUNTIME_FILES } from './runtime-files.ts';
import { EVENTS_FILE, EXIT_FILE, LOG_LINK } from './session-exit.ts';

/** Bytes of a unix socket's path without the closing zero: macOS has 104 of `sun_path`, Linux 108 (unix(7)). */
const MAX_SOCKET_PATH_BYTES = 103;
const MAX_FRAME_SOCKETS = 8;

const { frames, ...FILES } = RUNTIME_FILES;
/** All that a run of any engine may leave: the next one may be of another. */
const NAMES: readonly string[] = [
  ...Object.values(FILES),
  ...Array.from({ length: MAX_FRAME_SOCKETS }, (_, index) => frames(index)),
  ...[PROCESS_FILE, EXIT_FILE, EVENTS_FILE, LOG_LINK],
];

/**
 * Makes the folder of one run: mode 0700, nothing of an earlier run in it, the process's orders and a link to its log.
 * @throws InnError `INVALID_CONFIG` when the folder's path is too long for sockets
 */
export async function prepareRuntimeFolder(folder: string, orders: object, logFile: string): Promise<void> {
  assertSocketPathsFit(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700); // it may have been there
  await removeRuntimeFiles(folder);
  const file = path.join(folder, RUNTIME_FILES.orders);
  await writeFile(`${file}.new`, JSON.stringify(orders, undefined, 2), { mode: 0o600 });
  await rename(`${file}.new`, file);
  await symlink(logFile, path.join(folder, LOG_LINK));
}

/** Takes away all that a run has left, and the folder itself when nothing else is in it. */
export async function removeRuntimeFolder(folder: string): Promise<void> {
  await removeRuntimeFiles(folder);
  try {
    await rmdir(folder);
  } catch {
    // Something else is in it, or it is gone: not ours.
  }
}

async function removeRuntimeFiles(folder: string): Promise<void> {
  const leftovers = NAMES.flatMap((name) => [name, `${name}.new`]);
  await Promise.all(leftovers.map((name) => rm(path.join(folder, name), { force: true })));
}

function assertSocketPathsFit(folder: string): void {
  const longest = Math.max(...NAMES.map((name) => Buffer.byteLength(path.join(folder, name))));
  if (longest <= MAX_SOCKET_PATH_BYTES) return;
  const excess = longest - MAX_SOCKET_PATH_BYTES;
  throw new InnError(
    'INVALID_CONFIG',
    `The path '${folder}' is ${excess} bytes too long for the sockets of a machine.`,
    {
      hint: 'Set XDG_RUNTIME_DIR to a folder with a shorter path.',
      details: { path: folder, maxBytes: MAX_SOCKET_PATH_BYTES },
    },
  );
}
