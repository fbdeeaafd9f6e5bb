import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Types of what a build of the window holds; anything else is served as bytes. */
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

/** Media type of a file of the window, by its name. */
export function mediaTypeOf(file: string): string {
  return TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream';
}

/**
 * The file that a path of an address means, always inside `folder`; undefined for a path that leads out of it or cannot
 * be decoded. `/` is `index.html`.
 */
export function resolveInside(folder: string, pathname: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
  if (decoded.includes('\0')) return undefined;
  const file = normalize(join(folder, decoded === '/' ? 'index.html' : decoded));
  return file.startsWith(folder + sep) ? file : undefined;
}

/** Sends the file of the window at this path; false when there is none. Names in `assets/` carry their content's hash. */
export async function sendStaticFile(response: ServerResponse, folder: string, pathname: string): Promise<boolean> {
  const file = resolveInside(folder, pathname);
  const found = file === undefined ? undefined : await stat(file).catch(() => undefined);
  if (file === undefined || !found?.isFile()) return false;
  const isForever = pathname.startsWith('/assets/');
  response.writeHead(200, {
    'Content-Type': mediaTypeOf(file),
    'Content-Length': found.size,
    ...(isForever ? { 'Cache-Control': 'private, max-age=31536000, immutable' } : {}),
  });
  if (response.req.method === 'HEAD') response.end();
  else await pipeline(createReadStream(file), response);
  return true;
}
