import { InnError } from '../shared/errors.ts';
import { connectToCore } from './api/client.ts';
import { type CoreApi, createApi, serveCore } from './api/serve-core.ts';
import { createApp } from './app.ts';
import { keepCompiledCode } from './code-cache.ts';
import { createLog } from './log.ts';
import { makePaths, prepareFolders } from './paths.ts';
import { programVersion, windowFolder } from './program-folder.ts';

export interface StartCoreOptions {
  env: NodeJS.ProcessEnv;
  /** TCP port on 127.0.0.1; 0 takes any free one. */
  port: number;
  /** One-use secret that opens the window as `/?launch=…`. */
  launchTicket?: string | undefined;
}

/** A core with its server, as a program of its own has it. */
export interface StartedCore {
  readonly api: CoreApi;
  /** Address of the window, with its token. */
  readonly url: string;
  /** What a person should know about the start, such as a damaged database that was set aside. */
  readonly notices: readonly string[];
  /** Closes server and core. Machines run on. */
  close(): Promise<void>;
}

/**
 * Starts a core, serves it and writes down where it is.
 * @throws InnError `CORE_RUNNING`, with the first core's address in `details.url` when it answers; `PORT_IN_USE`,
 * `DATABASE_TOO_NEW`, `FILE_NOT_ACCESSIBLE`. Nothing stays open then.
 */
export async function startCore({ env, port, launchTicket }: StartCoreOptions): Promise<StartedCore> {
  const paths = makePaths(env);
  prepareFolders(paths);
  keepCompiledCode(paths);
  const log = createLog(paths);
  const app = await createApp({ env, log }).catch(async (error: unknown) => {
    throw await withAddressOfFirst(error, paths);
  });
  try {
    const version = programVersion();
    const api = createApi(app, version, log);
    const server = await serveCore(app, api, { port, version, windowFolder: windowFolder(), launchTicket, log });
    return {
      api,
      url: `${server.url}/?token=${server.token}`,
      notices: app.notices,
      async close() {
        await server.close();
        await app.close();
      },
    };
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** A second core on one data folder is of no use, but the first one is: its address belongs into the error. */
async function withAddressOfFirst(error: unknown, paths: { runtime: string }): Promise<unknown> {
  if (!(error instanceof InnError) || error.code !== 'CORE_RUNNING') return error;
  const first = await connectToCore(paths);
  if (!first) return error;
  await first[Symbol.asyncDispose]();
  const url = `${first.url}/?token=${first.token}`;
  const details = { ...error.details, url };
  return new InnError('CORE_RUNNING', error.message, { hint: `It is at ${url}`, details, cause: error });
}
