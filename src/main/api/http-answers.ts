import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { ERROR_CODES, InnError, toErrorReport } from '../../shared/errors.ts';

/** Longest body of a request, and longest message on a WebSocket, in bytes. */
export const BODY_LIMIT_BYTES = 1024 * 1024;

/** Rules that hold for every answer, whatever it carries. */
export const SAFE_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

/**
 * What the window may do: load what we serve, talk to us (`connections`, beside its own origin), and nothing else.
 * Mantine writes inline styles.
 */
export function contentSecurityPolicy(connections: readonly string[] = []): string {
  return [
    "default-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    ["connect-src 'self'", ...connections].join(' '),
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** Answers with the error as `{ code, message, hint?, details? }` and its HTTP status, or the one given. */
export function answerError(response: ServerResponse, error: unknown, status?: number): void {
  const report = toErrorReport(error);
  answerJson(response, status ?? ERROR_CODES[report.code].status, report);
}

export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  answer(response, status, 'application/json; charset=utf-8', JSON.stringify(body));
}

export function answerHtml(response: ServerResponse, status: number, html: string): void {
  answer(response, status, 'text/html; charset=utf-8', html);
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}

/** Refuses a request for a WebSocket, where there is no response object yet, and closes. */
export function refuseUpgrade(socket: Duplex, error: unknown): void {
  const report = toErrorReport(error);
  const body = JSON.stringify(report);
  const head = [
    `HTTP/1.1 ${ERROR_CODES[report.code].status} Refused`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/**
 * Reads the JSON body of a request; an empty one is `{}`.
 * @throws InnError `INVALID_INPUT` when it is no JSON, or longer than `BODY_LIMIT_BYTES`: then `isTooLong` holds.
 */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT_BYTES) throw tooLong();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT_BYTES) throw tooLong();
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InnError('INVALID_INPUT', `The body of the request is no JSON (${(cause as Error).message}).`, {
      hint: 'Send an object such as {"name": "web"}.',
      cause,
    });
  }
}

/** Whether the error is that of a body beyond the limit: HTTP has a status of its own for it (413, RFC 9110 §15.5.14). */
export function isTooLong(error: unknown): boolean {
  return error instanceof InnError && error.details?.limitBytes === BODY_LIMIT_BYTES;
}

function tooLong(): InnError {
  return new InnError('INVALID_INPUT', `The body of the request is longer than ${BODY_LIMIT_BYTES} bytes.`, {
    hint: 'Calls are short; send large files by their path on this computer.',
    details: { limitBytes: BODY_LIMIT_BYTES },
  });
}
