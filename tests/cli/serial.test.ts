import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { runScript } from '../../src/main/cli/guests/serial.ts';

const quiet = { timeoutMs: 5000, onOutput: () => {} };

describe('a script on the serial port', () => {
  it('finds text that comes in pieces', async () => {
    const stream = new PassThrough();
    const done = runScript(stream, { ...quiet, wait: 'login:' });
    for (const piece of ['welcome\r\nlo', 'gi', 'n: ']) stream.write(piece);
    await expect(done).resolves.toBeUndefined();
  });

  it('sends a line with its Enter, and only then waits', async () => {
    const stream = new PassThrough();
    const seen: string[] = [];
    await runScript(stream, { timeoutMs: 5000, send: 'uname', wait: 'uname\n', onOutput: (text) => seen.push(text) });
    expect(seen.join('')).toBe('uname\n');
  });

  it('gives up in time, with the last lines that it saw', async () => {
    const stream = new PassThrough();
    const done = runScript(stream, { ...quiet, wait: 'never', timeoutMs: 20 });
    stream.write('kernel panic\n');
    await expect(done).rejects.toMatchObject({ code: 'TIMEOUT', hint: expect.stringContaining('kernel panic') });
  });

  it('says when the port is closed before the text came', async () => {
    const stream = new PassThrough();
    const done = runScript(stream, { ...quiet, wait: 'never' });
    stream.destroy();
    await expect(done).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: expect.stringContaining("'never'") });
  });
});
