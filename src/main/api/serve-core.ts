import type { CoreInfo } from '../../shared/model/host.ts';
import { ConsoleTickets } from './console-tickets.ts';
import { removeCoreFile, writeCoreFile } from './core-file.ts';
import { type CoreRouter, createRouter } from './handlers.ts';
import { type CoreServer, startHttpServer } from './http-server.ts';
import type { ApiLog, CoreServices } from './services.ts';

/** What the ways in need of the core. */
export interface CoreApp {
  readonly paths: { data: string; runtime: string };
  readonly services: CoreServices;
}

/** The contract over one core, before any transport. */
export interface CoreApi {
  readonly router: CoreRouter;
  readonly tickets: ConsoleTickets;
  /** Says where the server is, once there is one. */
  setUrl(url: string | null): void;
}

/** Makes router and tickets; no socket is opened. `version` is the program's. */
export function createApi(app: CoreApp, version: string, log: ApiLog): CoreApi {
  const startedAt = new Date().toISOString();
  let url: string | null = null;
  const coreInfo = (): CoreInfo => ({ version, pid: process.pid, startedAt, dataFolder: app.paths.data, url });
  const tickets = new ConsoleTickets(app.services.runner);
  const router = createRouter({ services: app.services, tickets, coreInfo, log });
  return {
    router,
    tickets,
    setUrl: (next) => {
      url = next;
    },
  };
}

export interface ServeOptions {
  port: number;
  version: string;
  windowFolder: string;
  launchTicket?: string | undefined;
  log: ApiLog;
}

/**
 * Opens the server of a core and writes down where it is, so that `inn` and a second start find it. Closing undoes both
 * and leaves the core itself open.
 * @throws InnError `PORT_IN_USE`
 */
export async function serveCore(app: CoreApp, api: CoreApi, options: ServeOptions): Promise<CoreServer> {
  const { router, tickets } = api;
  const server = await startHttpServer({ router, tickets, ...options });
  try {
    await writeCoreFile(app.paths.runtime, { url: server.url, token: server.token, pid: process.pid });
  } catch (error) {
    await server.close();
    throw error;
  }
  api.setUrl(server.url);
  return {
    url: server.url,
    token: server.token,
    async close() {
      api.setUrl(null);
      await removeCoreFile(app.paths.runtime, server.token);
      await server.close();
    },
  };
}
