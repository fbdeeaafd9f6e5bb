import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { OpenAPIHandler } from '@orpc/openapi/node';
import { WebSocketServer } from 'ws';
import { InnError } from '../../shared/errors.ts';
import { Gate, makeToken } from './auth.ts';
import { serveConsole } from './console-server.ts';
import { CONSOLE_PATH, type ConsoleTickets } from './console-tickets.ts';
import type { CoreRouter } from './handlers.ts';
import {
  answerError,
  answerHtml,
  answerJson,
  BODY_LIMIT_BYTES,
  contentSecurityPolicy,
  isTooLong,
  readJsonBody,
  refuseUpgrade,
  SAFE_HEADERS,
} from './http-answers.ts';
import { encodeErrorBody, makeOpenApiDocument } from './openapi-document.ts';
import { renderApiPage } from './openapi-page.ts';
import { createRpcServer } from './rpc-server.ts';
import type { ApiLog } from './services.ts';
import { sendStaticFile } from './static-files.ts';
import { NO_TOKEN_PAGE, NOT_BUILT_PAGE, WELCOME_PAGE } from './web-pages.ts';

export interface HttpServerOptions {
  router: CoreRouter;
  tickets: ConsoleTickets;
  /** TCP port on 127.0.0.1; 0 takes any free one. */
  port: number;
  version: string;
  /** Folder of the built window; it need not exist. */
  windowFolder: string;
  launchTicket?: string | undefined;
  log: ApiLog;
}

export interface CoreServer {
  /** `http://127.0.0.1:PORT`, without the token. */
  readonly url: string;
  readonly token: string;
  close(): Promise<void>;
}

/**
 * Serves contract, consoles and window on 127.0.0.1.
 * @throws InnError `PORT_IN_USE`
 */
export async function startHttpServer(options: HttpServerOptions): Promise<CoreServer> {
  const server = createServer();
  const port = await listen(server, options.port);
  const token = makeToken();
  const gate = new Gate({ token, port, launchTicket: options.launchTicket });
  const answerRequest = createRequestListener(options, gate, port);
  const sockets = createUpgradeListener(options, gate);
  server.on('request', (request, response) => {
    answerRequest(request, response).catch((error: unknown) => {
      if (!(error instanceof InnError))
        options.log.error({ err: error, path: request.url }, 'Unforeseen error over HTTP');
      if (response.headersSent) response.destroy();
      else answerError(response, error, isTooLong(error) ? 413 : undefined);
    });
  });
  server.on('upgrade', sockets.onUpgrade);
  server.on('clientError', refuseGarbage);
  return {
    url: `http://127.0.0.1:${port}`,
    token,
    async close() {
      sockets.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException) => {
      const isTaken = cause.code === 'EADDRINUSE' || cause.code === 'EACCES';
      reject(isTaken ? portTaken(port, cause) : cause);
    };
    server.once('error', fail);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', fail);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** What is no HTTP at all gets an answer too, unless its sender has gone. */
function refuseGarbage(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
  else refuseUpgrade(socket, new InnError('INVALID_INPUT', 'This is no HTTP request that the core understands.'));
}

function portTaken(port: number, cause: NodeJS.ErrnoException): InnError {
  const why = cause.code === 'EACCES' ? 'may not be used by this user' : 'is taken by another program';
  return new InnError('PORT_IN_USE', `Cannot serve on port ${port} because it ${why}.`, {
    hint: 'Choose another port with --port, or 0 for any free one.',
    details: { port },
    cause,
  });
}

type RequestListener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

function createRequestListener(options: HttpServerOptions, gate: Gate, port: number): RequestListener {
  const api = createApiListener(options);
  const csp = contentSecurityPolicy([`ws://127.0.0.1:${port}`, `ws://localhost:${port}`]);
  return async (request, response) => {
    for (const [name, value] of Object.entries(SAFE_HEADERS)) response.setHeader(name, value);
    response.setHeader('Content-Security-Policy', csp);
    gate.checkOrigin(request);
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (opensWindow(url, gate)) {
      response.setHeader('Set-Cookie', gate.cookieHeader());
      return answerHtml(response, 200, WELCOME_PAGE);
    }
    const isWindow = url.pathname === '/';
    try {
      gate.checkToken(request);
    } catch (error) {
      if (!isWindow) throw error;
      return answerHtml(response, 401, NO_TOKEN_PAGE);
    }
    if (url.pathname === '/api' || url.pathname.startsWith('/api/')) return api(request, response, url);
    if (await sendStaticFile(response, options.windowFolder, url.pathname)) return;
    if (isWindow) return answerHtml(response, 503, NOT_BUILT_PAGE);
    throw new InnError('FILE_NOT_FOUND', `There is nothing at '${url.pathname}'.`, { hint: 'The window is at /.' });
  };
}

/** `/?token=…` and `/?launch=…` trade a secret in the address for a cookie, so that it does not stay in the history. */
function opensWindow({ pathname, searchParams }: URL, gate: Gate): boolean {
  if (pathname !== '/') return false;
  const token = searchParams.get('token');
  const launch = searchParams.get('launch');
  return (token !== null && gate.isToken(token)) || (launch !== null && gate.takeLaunchTicket(launch));
}

function createApiListener({ router, version }: HttpServerOptions) {
  const handler = new OpenAPIHandler(router, { customErrorResponseBodyEncoder: encodeErrorBody });
  let document: ReturnType<typeof makeOpenApiDocument> | undefined;
  return async (request: IncomingMessage & { body?: unknown }, response: ServerResponse, { pathname }: URL) => {
    if (pathname === '/api' || pathname === '/api/' || pathname === '/api/openapi.json') {
      document ??= makeOpenApiDocument(version);
      if (pathname.endsWith('.json')) answerJson(response, 200, await document);
      else answerHtml(response, 200, renderApiPage(await document));
      return;
    }
    if (request.method !== 'GET') request.body = await readJsonBody(request);
    const { matched } = await handler.handle(request, response, { prefix: '/api', context: {} });
    if (matched) return;
    throw new InnError('INVALID_INPUT', `There is no call '${request.method} ${pathname}'.`, {
      hint: 'The page /api/ lists every call.',
    });
  };
}

function createUpgradeListener({ router, tickets, log }: HttpServerOptions, gate: Gate) {
  const rpc = createRpcServer(router);
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: BODY_LIMIT_BYTES,
    // noVNC offers `binary`; a client that offers nothing gets nothing.
    handleProtocols: (offered) => (offered.has('binary') ? 'binary' : false),
  });
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    try {
      gate.checkOrigin(request);
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1');
      const ticket = searchParams.get('ticket');
      if (pathname === CONSOLE_PATH && ticket !== null) {
        webSockets.handleUpgrade(request, socket, head, (ws) => void serveConsole(ws, ticket, tickets));
        return;
      }
      gate.checkToken(request, searchParams.get('token'));
      if (pathname !== '/rpc') throw new InnError('FILE_NOT_FOUND', `There is no WebSocket at '${pathname}'.`);
      webSockets.handleUpgrade(request, socket, head, (ws) => rpc.accept(ws));
    } catch (error) {
      if (!(error instanceof InnError)) log.error({ err: error }, 'Unforeseen error at a WebSocket');
      refuseUpgrade(socket, error);
    }
  };
  const close = () => {
    for (const socket of webSockets.clients) socket.terminate();
    webSockets.close();
  };
  return { onUpgrade, close };
}
