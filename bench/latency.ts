import { rm } from 'node:fs/promises';
import { connectInProcess } from '../src/main/api/client.ts';
import { createApi } from '../src/main/api/serve-core.ts';
import { createApp } from '../src/main/app.ts';
import { createLog } from '../src/main/log.ts';
import { makePaths, prepareFolders } from '../src/main/paths.ts';
import { homeEnv, makeHome, startRealCore, tearDown } from '../tests/support/real-core.ts';
import { median, milliseconds, type Row, timesMs } from './measure.ts';

const CALLS = 500;

/** Median time of the smallest call over each transport, one call after the other. */
export async function benchLatency(): Promise<Row[]> {
  return [await inProcess(), ...(await overSockets())];
}

const row = (what: string, times: number[]): Row => ({
  what,
  value: milliseconds(median(times)),
  note: `median of ${times.length} calls of core.info`,
});

async function inProcess(): Promise<Row> {
  const home = await makeHome();
  const env = homeEnv(home);
  const paths = makePaths(env);
  prepareFolders(paths);
  const log = createLog(paths);
  const app = await createApp({ env, log });
  const { client } = connectInProcess(createApi(app, '0', log));
  const times = await timesMs(CALLS, () => client.core.info({}));
  await app.close();
  await rm(home, { recursive: true, force: true });
  return row('contract call, in process', times);
}

async function overSockets(): Promise<Row[]> {
  const core = await startRealCore(await makeHome());
  try {
    const webSocket = await timesMs(CALLS, () => core.client.core.info({}));
    const headers = { Authorization: `Bearer ${core.token}` };
    const http = await timesMs(CALLS, async () => (await fetch(`${core.url}/api/core`, { headers })).json());
    return [row('contract call, WebSocket', webSocket), row('contract call, HTTP', http)];
  } finally {
    await tearDown(core);
  }
}
