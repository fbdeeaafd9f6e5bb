import { InnError } from '../../shared/errors.ts';
import { type Connection, connectInProcess, connectToCore } from '../api/client.ts';
import { createApi } from '../api/serve-core.ts';
import { createApp } from '../app.ts';
import { createLog } from '../log.ts';
import { makePaths, type Paths, prepareFolders } from '../paths.ts';
import { programVersion } from '../program-folder.ts';

/** How long to wait for another command to let go of the data folder, or for a core that is just starting. */
const BUSY_TIMEOUT_MS = 15_000;
const RETRY_MS = 100;

/**
 * The core that runs on the data folder, else one inside this process for the length of a command: machines that it
 * starts run on, and are taken back by the next core.
 * @throws InnError `CORE_RUNNING` when somebody holds the data folder and does not answer, `DATABASE_TOO_NEW`
 */
export async function connectToAnyCore(env: NodeJS.ProcessEnv): Promise<Connection> {
  const paths = makePaths(env);
  prepareFolders(paths);
  const end = Date.now() + BUSY_TIMEOUT_MS;
  for (;;) {
    const running = await connectToCore(paths);
    if (running) return running;
    try {
      return await openOwnCore(env, paths);
    } catch (error) {
      const isBusy = error instanceof InnError && error.code === 'CORE_RUNNING';
      if (!isBusy || Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

async function openOwnCore(env: NodeJS.ProcessEnv, paths: Paths): Promise<Connection> {
  const log = createLog(paths);
  const app = await createApp({ env, log });
  for (const notice of app.notices) process.stderr.write(`inn: ${notice}\n`);
  const connection = connectInProcess(createApi(app, programVersion(), log));
  return { ...connection, [Symbol.asyncDispose]: () => app.close() };
}
