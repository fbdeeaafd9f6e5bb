import { createApi, type ServeOptions, serveCore } from '../../src/main/api/serve-core.ts';
import { LittleCore } from './little-core.ts';
import { RecordingLog } from './recording-log.ts';

export interface ServedLittleCore extends AsyncDisposable {
  core: LittleCore;
  log: RecordingLog;
  url: string;
  token: string;
  /** Headers of a program that has the token. */
  authorized: { authorization: string };
  close(): Promise<void>;
}

export async function serveLittleCore(options: Partial<ServeOptions> = {}): Promise<ServedLittleCore> {
  const core = new LittleCore();
  const log = new RecordingLog();
  const api = createApi(core, '1.2.3', log);
  const server = await serveCore(core, api, {
    port: 0,
    version: '1.2.3',
    windowFolder: core.windowFolder,
    log,
    ...options,
  });
  return {
    core,
    log,
    url: server.url,
    token: server.token,
    authorized: { authorization: `Bearer ${server.token}` },
    close: server.close,
    async [Symbol.asyncDispose]() {
      await server.close();
      core[Symbol.dispose]();
    },
  };
}
