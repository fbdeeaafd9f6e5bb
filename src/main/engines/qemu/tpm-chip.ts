import { mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InnError } from '../../../shared/errors.ts';
import { guardAgainstDeath } from '../../processes/death-guard.ts';
import { awaitEnd, type DetachedProcess, describeEarlyEnd, spawnDetached } from '../../processes/detached-process.ts';
import { openRotatedLog } from '../../processes/log-rotation.ts';
import { killProcess } from '../../processes/process-identity.ts';
import { RUNTIME_FILES } from '../runtime-files.ts';
import type { MachineFolders } from '../start-spec.ts';

const SUBJECT = 'swtpm';
const TPM_LOG = 'tpm.log';
/** The state of the chip stands in this folder of the board's. */
const STATE_FOLDER = 'tpm';
const READY_TIMEOUT_MS = 10_000;
const POLL_MS = 5;
const LOCK_TRIES = 20;
const LOCK_PAUSE_MS = 100;

/** The program that is a machine's TPM. */
export interface TpmChip {
  /** QEMU has taken it over: from now on it ends with QEMU, however that ends, and outlives this program as QEMU does. */
  handOver(): void;
  /** Ends it, for a start that failed. */
  end(): Promise<void>;
}

/**
 * The arguments of swtpm(8): the chip waits at a socket of the runtime folder and ends when the connection to it does.
 * Its own seccomp profile shuts it in.
 */
export function tpmArguments(stateFolder: string, socket: string): string[] {
  return [
    ...['socket', '--tpm2', '--terminate'],
    ...['--tpmstate', `dir=${stateFolder},mode=0600`],
    ...['--ctrl', `type=unixio,path=${socket},mode=0600`],
  ];
}

/**
 * Starts the TPM of a machine on its own state, which is a new chip's when there is none. Until it is handed over it
 * ends with this program, too.
 * @throws InnError `ENGINE_FAILED`, `ENGINE_TIMEOUT`, `INVALID_CONFIG` for a folder that swtpm cannot take
 */
export async function startTpmChip(program: string, boardFolder: string, folders: MachineFolders): Promise<TpmChip> {
  const state = path.join(boardFolder, STATE_FOLDER);
  const socket = path.join(folders.runtime, RUNTIME_FILES.tpm);
  assertNoComma(state, socket);
  await mkdir(state, { recursive: true, mode: 0o700 });
  for (let tries = 1; ; tries += 1) {
    try {
      return await startOnce(program, state, socket, folders);
    } catch (error) {
      if (tries === LOCK_TRIES || !isLocked(error)) throw error;
    }
    await sleep(LOCK_PAUSE_MS);
  }
}

/** The chip of the run before may still be on its way out. */
const isLocked = (error: unknown): boolean => error instanceof InnError && /lock/i.test(error.message);

async function startOnce(
  program: string,
  state: string,
  socket: string,
  { logs, runtime }: MachineFolders,
): Promise<TpmChip> {
  const logFile = path.join(logs, TPM_LOG);
  await using log = await openRotatedLog(logFile);
  const chip = await spawnDetached(program, tpmArguments(state, socket), {
    subject: SUBJECT,
    cwd: runtime,
    env: process.env,
    stdio: ['ignore', log.fd, log.fd],
  });
  const letGo = guardAgainstDeath(chip.pid, 'KILL');
  const end = async (): Promise<void> => {
    await killProcess(chip, 'SIGKILL');
    await awaitEnd(chip);
    letGo();
  };
  try {
    await waitUntilReady(chip, socket, logFile);
    return { handOver: letGo, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** In the arguments of swtpm a comma always ends a value. */
function assertNoComma(...paths: string[]): void {
  const bad = paths.find((each) => each.includes(','));
  if (bad === undefined) return;
  throw new InnError('INVALID_CONFIG', `A TPM cannot work in '${bad}': the path has a comma.`, {
    hint: 'Move the data folder to a place without a comma in its path.',
    details: { path: bad },
  });
}

/** QEMU connects at once and only once, so the socket must be there before it starts. */
async function waitUntilReady(chip: DetachedProcess, socket: string, logFile: string): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (!(await listens(socket))) {
    if (chip.child.exitCode !== null || chip.child.signalCode !== null) {
      throw await describeEarlyEnd(chip, { subject: SUBJECT, logFile });
    }
    if (performance.now() > deadline) {
      throw new InnError('ENGINE_TIMEOUT', `The TPM was not ready within ${READY_TIMEOUT_MS / 1000} seconds.`, {
        hint: 'The host may be overloaded; try again.',
      });
    }
    await sleep(POLL_MS);
  }
}

/** A control connection may come and go; only the end of the data connection, which QEMU opens, ends the chip. */
function listens(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once('connect', () => resolve(true)).once('error', () => resolve(false));
    connection.once('connect', () => connection.destroy());
  });
}
