import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import type { ServedLittleCore } from './served-little-core.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Ask {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Without a Content-Length, in pieces. */
  isChunked?: boolean;
}

/** A request with any header at all; `fetch` would forbid Host and Origin. */
export function ask(
  url: string,
  path: string,
  { method = 'GET', headers = {}, body, isChunked }: Ask = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined || isChunked ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const outgoing = request(url + path, { method, headers: { ...length, ...headers }, agent: false }, (response) => {
      text(response).then((answer) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: answer });
      }, reject);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Writes bytes to the port and resolves with all that comes back until the other side closes. */
export function writeRaw(url: string, bytes: string | Buffer): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    text(socket).then(resolve, reject);
  });
}

export type Opening = { socket: WebSocket } | { refusal: Answer };

/** Opens a WebSocket, or says how it was refused. */
export function openWebSocket(
  url: string,
  headers: Record<string, string> = {},
  protocols: string[] = [],
): Promise<Opening> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), protocols, { headers });
  return new Promise((resolve, reject) => {
    socket.once('open', () => resolve({ socket }));
    socket.once('unexpected-response', (_request, response) => {
      text(response).then(
        (body) => resolve({ refusal: { status: response.statusCode ?? 0, headers: response.headers, body } }),
        reject,
      );
    });
    socket.once('error', reject);
  });
}

/** Resolves with code and reason once the socket is closed. */
export function closeOf(socket: WebSocket): Promise<{ code: number; reason: string }> {
  return new Promise((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
}

export async function openedWebSocket(
  url: string,
  headers: Record<string, string>,
  protocols: string[] = [],
): Promise<WebSocket> {
  const opening = await openWebSocket(url, headers, protocols);
  if ('refusal' in opening) throw new Error(`refused with ${opening.refusal.status}: ${opening.refusal.body}`);
  return opening.socket;
}

/** Whatever was done to the core before, it must go on answering. */
export async function expectAlive({ url, authorized }: Pick<ServedLittleCore, 'url' | 'authorized'>): Promise<void> {
  expect((await ask(url, '/api/machines', { headers: authorized })).status).toBe(200);
}
