import { MessageChannel } from 'node:worker_threads';
import { ORPCError } from '@orpc/client';
import { RPCLink as MessagePortLink } from '@orpc/client/message-port';
import { OpenAPILink } from '@orpc/openapi-client/fetch';
import { RPCHandler as MessagePortHandler } from '@orpc/server/message-port';
import { connectTo, createInProcessClient } from '../../src/main/api/client.ts';
import { createInnClient, type InnClient } from '../../src/main/api/client-link.ts';
import { type CoreApi, createApi, serveCore } from '../../src/main/api/serve-core.ts';
import { contract } from '../../src/shared/contract.ts';
import { isErrorCode } from '../../src/shared/errors.ts';
import { LittleCore } from './little-core.ts';
import { RecordingLog } from './recording-log.ts';

/** A client of one core over one transport. */
export interface Reach extends AsyncDisposable {
  client: InnClient;
  core: LittleCore;
  log: RecordingLog;
}

export const TRANSPORTS = {
  'in process': (api: CoreApi): Promise<Way> =>
    Promise.resolve({ client: createInProcessClient(api.router), close: async () => {} }),
  'a WebSocket': overWebSocket,
  'HTTP with OpenAPI': overHttp,
  'a message port': overMessagePort,
} satisfies Record<string, (api: CoreApi, core: LittleCore, log: RecordingLog) => Promise<Way>>;

interface Way {
  client: InnClient;
  close(): Promise<void>;
}

export async function reach(transport: keyof typeof TRANSPORTS): Promise<Reach> {
  const core = new LittleCore();
  const log = new RecordingLog();
  const way = await TRANSPORTS[transport](createApi(core, '1.2.3', log), core, log);
  return {
    client: way.client,
    core,
    log,
    async [Symbol.asyncDispose]() {
      await way.close();
      core[Symbol.dispose]();
    },
  };
}

function serve(api: CoreApi, core: LittleCore, log: RecordingLog) {
  return serveCore(core, api, { port: 0, version: '1.2.3', windowFolder: core.windowFolder, log });
}

async function overWebSocket(api: CoreApi, core: LittleCore, log: RecordingLog): Promise<Way> {
  const server = await serve(api, core, log);
  const connection = await connectTo(server);
  return {
    client: connection.client,
    async close() {
      await connection[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

/** As another program would do it: JSON over HTTP, errors in the form of the OpenAPI document. */
async function overHttp(api: CoreApi, core: LittleCore, log: RecordingLog): Promise<Way> {
  const server = await serve(api, core, log);
  const link = new OpenAPILink(contract, {
    url: `${server.url}/api`,
    headers: { authorization: `Bearer ${server.token}` },
    customErrorResponseBodyDecoder: decodeErrorBody,
  });
  return { client: createInnClient(link), close: server.close };
}

function decodeErrorBody(body: unknown): ORPCError<string, unknown> | undefined {
  const { code, message, ...data } = body as Record<string, unknown>;
  return isErrorCode(code) ? new ORPCError<string, unknown>(code, { message: String(message), data }) : undefined;
}

async function overMessagePort(api: CoreApi): Promise<Way> {
  const { port1, port2 } = new MessageChannel();
  new MessagePortHandler(api.router).upgrade(port1);
  const client = createInnClient(new MessagePortLink({ port: port2 }));
  port1.start();
  port2.start();
  return { client, close: async () => port2.close() };
}
