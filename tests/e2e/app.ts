import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { test as base, type Locator, type Page } from '@playwright/test';
import { connectTo, type RemoteConnection } from '../../src/main/api/client.ts';
import { homeEnv, makeHome } from '../support/real-core.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** The built program as `npm start` runs it: a core of its own per test, with an empty data folder. */
export interface App {
  home: string;
  url: URL;
  connection: RemoteConnection;
}

export const test = base.extend<{ app: App }>({
  app: async ({ page }, use) => {
    const home = await makeHome();
    const core = spawn(process.execPath, [path.join(root, 'out/main/headless.js')], {
      env: homeEnv(home),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const url = await new Promise<URL>((resolve, reject) => {
      let text = '';
      core.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        const found = /Innkeeper is at (\S+)/.exec(text)?.[1];
        if (found) resolve(new URL(found));
      });
      core.once('exit', (code) => reject(new Error(`The core ended with ${code}`)));
    });
    const connection = await connectTo({ url: url.origin, token: url.searchParams.get('token') ?? '' });
    await page.goto(url.href);
    await use({ home, url, connection });
    for (const { id } of await connection.client.machine.list({})) {
      await connection.client.machine.powerOff({ machine: id }).catch(() => undefined);
    }
    const ended = new Promise((resolve) => core.once('exit', resolve));
    core.kill('SIGTERM');
    await ended;
    await rm(home, { recursive: true, force: true });
  },
});

/** Keeps a picture for people to look at, under the test output. */
export async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: path.join(root, 'test-results/screenshots', `${name}.png`), animations: 'disabled' });
}

/** Share of the canvas's pixels that are not black, 0 to 1. */
export function litShare(canvas: Locator): Promise<number> {
  return canvas.evaluate((element) => {
    if (!(element instanceof HTMLCanvasElement)) return 0;
    const { width, height } = element;
    const data = element.getContext('2d')?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray();
    let lit = 0;
    for (let at = 0; at < data.length; at += 4)
      if ((data[at] ?? 0) + (data[at + 1] ?? 0) + (data[at + 2] ?? 0) > 0) lit += 1;
    return data.length === 0 ? 0 : lit / (data.length / 4);
  });
}

/** Characters of a US keyboard that need Shift, and the key they stand on. */
const SHIFTED: Record<string, string> = Object.fromEntries(
  [...'~!@#$%^&*()_+{}|:"<>?'].map((character, index) => [character, "`1234567890-=[]\\;',./".charAt(index)]),
);

/** Types as fingers do: with Shift held where it is needed, since the guest sees keys and not characters. */
export async function typeKeys(page: Page, text: string): Promise<void> {
  for (const character of text) {
    const plain = SHIFTED[character] ?? character.toLowerCase();
    const key = character === '\n' ? 'Enter' : plain === ' ' ? 'Space' : plain;
    await page.keyboard.press(plain === character || character === '\n' ? key : `Shift+${key}`, { delay: 15 });
  }
}
