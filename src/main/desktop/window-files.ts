import { readFile } from 'node:fs/promises';
import { protocol } from 'electron';
import { contentSecurityPolicy } from '../api/http-answers.ts';
import { mediaTypeOf, resolveInside } from '../api/static-files.ts';

const SCHEME = 'innkeeper';

/** Address of the window in the desktop program. Unlike `file:`, it is an origin of its own and has headers. */
export const WINDOW_URL = `${SCHEME}://window/`;

/** Must be called before the app is ready, as Electron wants it. */
export function registerWindowScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges: { standard: true, secure: true } }]);
}

/** Serves the built window, and nothing outside of its folder, under `WINDOW_URL`. */
export function serveWindowFiles(folder: string): void {
  protocol.handle(SCHEME, async (request) => {
    const file = resolveInside(folder, new URL(request.url).pathname);
    const content = file === undefined ? undefined : await readFile(file).catch(() => undefined);
    if (file === undefined || content === undefined) return new Response('Not found', { status: 404 });
    return new Response(new Uint8Array(content), {
      headers: {
        'Content-Type': mediaTypeOf(file),
        'Content-Security-Policy': contentSecurityPolicy(),
        'X-Content-Type-Options': 'nosniff',
      },
    });
  });
}
