import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { InnError } from '../../shared/errors.ts';
import { isAlive, killProcess, type ProcessIdentity } from './process-identity.ts';

/** Pid and start time of the process that owns the runtime folder. */
export const PROCESS_FILE = 'process.json';

const END_TIMEOUTS_MS = { SIGTERM: 5_000, SIGKILL: 10_000 };
const POLL_MS = 20;

/** Writes down, aside and renamed, which process owns the runtime folder. */
export async function writeProcessFile(runtimeFolder: string, { pid, pidStartTime }: ProcessIdentity): Promise<void> {
  const file = path.join(runtimeFolder, PROCESS_FILE);
  await writeFile(`${file}.new`, JSON.stringify({ pid, pidStartTime }), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/**
 * Ends a machine process that this runtime folder still belongs to. There is one when the program was killed between
 * starting a process and writing it into its database; two processes on the same disks would destroy them.
 * @throws InnError `ENGINE_TIMEOUT` when it cannot be ended
 */
export async function endLeftover(runtimeFolder: string): Promise<void> {
  const identity = readProcessFile(runtimeFolder);
  if (identity === undefined) return;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    await killProcess(identity, signal);
    const deadline = performance.now() + END_TIMEOUTS_MS[signal];
    while (performance.now() < deadline) {
      if (!(await isAlive(identity))) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
  throw new InnError('ENGINE_TIMEOUT', `An earlier process of the machine (${identity.pid}) does not end.`, {
    hint: 'End it by hand, or restart the host.',
    details: { pid: identity.pid },
  });
}

/** The process that was written down, whether it still runs or not. */
export function readProcessFile(runtimeFolder: string): ProcessIdentity | undefined {
  try {
    const { pid, pidStartTime } = JSON.parse(readFileSync(path.join(runtimeFolder, PROCESS_FILE), 'utf8'));
    return Number.isSafeInteger(pid) && pid > 1 && typeof pidStartTime === 'string' ? { pid, pidStartTime } : undefined;
  } catch {
    return undefined; // none, or one that names nobody for sure: the folder is free
  }
}
