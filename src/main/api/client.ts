import type { Duplex } from 'node:stream';
import { type ClientContext, type ClientLink, ORPCError } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { createRouterClient } from '@orpc/server';
import { createWebSocketStream, WebSocket } from 'ws';
import { unreachable } from '../../shared/client-errors.ts';
import type { ConsoleChannel } from '../../shared/console-contract.ts';
import { createInnClient, type InnClient } from './client-link.ts';
import { type CoreFile, readCoreFile } from './core-file.ts';
import type { CoreRouter } from './handlers.ts';
import type { CoreApi } from './serve-core.ts';

/** A core that does not greet within this time is taken for dead. */
const GREETING_MS = 3000;

/** A way to a core, whether it is in this process or another. */
export interface Connection extends AsyncDisposable {
  readonly client: InnClient;
  /** The byte stream of a machine's screen or serial port. */
  openChannel(machine: string, channel: ConsoleChannel): Promise<Duplex>;
}

/** A connection to a core in another process. */
export interface RemoteConnection extends Connection {
  /** Address of the core, without the token. */
  readonly url: string;
  readonly token: string;
}

/**
 * Finds the running core of a data folder by its `core.json` and connects to it over its WebSocket, which carries event
 * streams and many calls at once. Undefined when none is written down or the one that is does not answer.
 */
export async function connectToCore(paths: { runtime: string }): Promise<RemoteConnection | undefined> {
  const core = await readCoreFile(paths.runtime);
  return core ? connectTo(core).catch(() => undefined) : undefined;
}

/** @throws InnError `CORE_UNREACHABLE` when no core greets at this address with this token. */
export async function connectTo(core: Pick<CoreFile, 'url' | 'token'>): Promise<RemoteConnection> {
  const socket = await openSocket(core, '/rpc');
  const client = createInnClient(new RPCLink({ websocket: toBrowserSocket(socket) }), {
    isConnected: () => socket.readyState === WebSocket.OPEN,
  });
  return {
    url: core.url,
    token: core.token,
    client,
    async openChannel(machine, channel) {
      const { path } = await client.machine.openConsole({ machine, channel });
      return createWebSocketStream(await openSocket(core, path));
    },
    [Symbol.asyncDispose]: () => closeSocket(socket),
  };
}

function openSocket({ url, token }: Pick<CoreFile, 'url' | 'token'>, path: string): Promise<WebSocket> {
  const socket = new WebSocket(url.replace(/^http/, 'ws') + path, {
    headers: { Authorization: `Bearer ${token}` },
    handshakeTimeout: GREETING_MS,
    perMessageDeflate: false,
  });
  return new Promise((resolve, reject) => {
    // Stays for good: an error of the socket ends in `close`, where calls that wait are settled.
    socket.on('error', (cause) => reject(unreachable(cause)));
    socket.once('open', () => resolve(socket));
  });
}

/** `ws` follows the browser's interface in all that the link uses; its declarations name classes of their own. */
function toBrowserSocket(socket: WebSocket): globalThis.WebSocket {
  return socket as unknown as globalThis.WebSocket;
}

function closeSocket(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return Promise.resolve();
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
    socket.close();
  });
}

/** A client of a core in this process. It goes through the same validation and error mapping as every other. */
export function createInProcessClient(router: CoreRouter): InnClient {
  return createInnClient(inProcessLink(router));
}

/** A connection to a core in this process; letting go of it leaves the core open. */
export function connectInProcess({ router, tickets }: Pick<CoreApi, 'router' | 'tickets'>): Connection {
  const client = createInProcessClient(router);
  return {
    client,
    openChannel: async (machine, channel) =>
      tickets.redeem((await client.machine.openConsole({ machine, channel })).ticket),
    [Symbol.asyncDispose]: async () => {},
  };
}

type Call = (input: unknown, options: unknown) => Promise<unknown>;

function inProcessLink(router: CoreRouter): ClientLink<ClientContext> {
  const client: object = createRouterClient(router, { context: {} });
  return {
    async call(path, input, options) {
      const call = path.reduce<unknown>((noun, name) => (noun as Record<string, unknown>)[name], client);
      if (typeof call !== 'function') throw new ORPCError('NOT_FOUND');
      return (call as Call)(input, options);
    },
  };
}
