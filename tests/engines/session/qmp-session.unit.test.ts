import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SessionStatus } from '../../../src/main/engines/engine.ts';
import { LOG_LINK, writeExitRecordSync } from '../../../src/main/engines/session-exit.ts';
import { standIn } from './stand-in.ts';

/** The next status that the session tells. */
function nextStatus(session: {
  onStatus(listener: (status: SessionStatus) => void): () => void;
}): Promise<SessionStatus> {
  return new Promise((resolve) => {
    const stop = session.onStatus((status) => {
      stop();
      resolve(status);
    });
  });
}

describe('the status of a session', () => {
  it.each([
    ['running', { state: 'Running' }],
    ['paused', { state: 'Paused', reason: 'user' }],
    ['prelaunch', { state: 'Paused', reason: 'user' }],
    ['io-error', { state: 'Paused', reason: 'ioError' }],
    ['guest-panicked', { state: 'Stuck', reason: 'guestPanic' }],
    ['internal-error', { state: 'Stuck', reason: 'engineCrashed' }],
    ['a word of a newer engine', { state: 'Paused', reason: 'user' }],
  ])("reads '%s'", async (word, expected) => {
    const { session, state } = await standIn();
    state.status = word;
    expect(await session.status()).toMatchObject(expected);
  });

  it('tells of an I/O error, with the drive and the reason', async () => {
    const { session, server, state } = await standIn();
    await session.status();
    const told = nextStatus(session);
    state.status = 'io-error';
    server.emit('BLOCK_IO_ERROR', { device: 'ide0-0', operation: 'write', action: 'stop', reason: 'No space left' });
    server.emit('STOP');
    expect(await told).toEqual({
      state: 'Paused',
      reason: 'ioError',
      detail: "Writing to drive 'ide0-0' failed: No space left",
    });
  });

  it('tells of a crash of the emulator in its words', async () => {
    const { session, server, state } = await standIn();
    const told = nextStatus(session);
    state.status = 'internal-error';
    server.emit('__org.innkeeper_INTERNAL_ERROR', { detail: 'memory access out of bounds' });
    expect(await told).toMatchObject({ state: 'Stuck', detail: 'memory access out of bounds' });
  });

  it('tells of a pause by somebody else, and nothing of its own', async () => {
    const { session, server, state } = await standIn();
    await session.status();
    const heard: SessionStatus[] = [];
    session.onStatus((status) => heard.push(status));
    await session.pause();
    await session.resume();
    const told = nextStatus(session);
    state.status = 'paused';
    server.emit('STOP');
    await told;
    expect(heard).toEqual([{ state: 'Paused', reason: 'user', detail: null }]);
  });

  it('tells that the engine hangs, and that it came back', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { session } = await standIn({ sample: () => promise, system_powerdown: () => undefined });
    await session.status();
    const hang = nextStatus(session);
    await expect(session.sample()).rejects.toMatchObject({ code: 'ENGINE_TIMEOUT' });
    expect(await hang).toMatchObject({ state: 'Stuck', reason: 'engineHangs' });
    const recovery = nextStatus(session);
    resolve();
    await session.powerButton();
    expect(await recovery).toEqual({ state: 'Running' });
  });
});

describe('a save', () => {
  it('that fails lets the guest go on, when it ran before', async () => {
    const { session, server, state } = await standIn({
      save: () => {
        state.status = 'paused';
        server.emit('STOP');
        throw new Error('No space left');
      },
    });
    const saving = session.saveState('/tmp/x', { signal: new AbortController().signal });
    await expect(saving).rejects.toMatchObject({ code: 'ENGINE_FAILED', message: expect.stringContaining('No space') });
    expect(await session.status()).toEqual({ state: 'Running' });
  });

  it('that fails leaves a paused guest paused', async () => {
    const { session, state, commands } = await standIn({
      save: () => {
        throw new Error('No space left');
      },
    });
    state.status = 'paused';
    await session.saveState('/tmp/x', { signal: new AbortController().signal }).catch(() => undefined);
    expect(commands).not.toContain('cont');
  });

  it('that was complete before its cancellation came is taken back', async () => {
    const abort = new AbortController();
    const { session, folder, state } = await standIn({
      cancel: () => undefined,
      save: ({ file }) => {
        state.status = 'paused';
        writeFileSync(String(file), 'state');
        abort.abort();
      },
    });
    const file = path.join(folder, 'saved.state');
    await expect(session.saveState(file, { signal: abort.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(existsSync(file)).toBe(false);
    expect(await session.status()).toEqual({ state: 'Running' });
  });
});

describe('the end of a session', () => {
  it('is a kill when the system says so', async () => {
    const { session, end } = await standIn();
    await end('SIGKILL');
    expect(await session.exit).toEqual({
      kind: 'crashed',
      reason: 'engineKilled',
      detail: 'Its process was ended by SIGKILL.',
    });
    await expect(session.pause()).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  });

  it('is a crash, with the last words of the log, when the process aborts', async () => {
    const { session, folder, end } = await standIn();
    const log = 'ready\nFATAL ERROR: Reached heap limit\n    at frame (file.js:1)\n\nNode.js v24.0.0\n';
    writeFileSync(path.join(folder, LOG_LINK), log);
    await end('SIGABRT');
    expect(await session.exit).toMatchObject({
      reason: 'engineCrashed',
      detail: expect.stringMatching(/SIGABRT.*Reached heap limit/),
    });
  });

  it.each(['guestShutdown', 'powerOff'] as const)('is %s when the process left word of it', async (kind) => {
    const { session, folder, end } = await standIn();
    writeExitRecordSync(folder, kind);
    await end('SIGKILL');
    expect(await session.exit).toEqual({ kind });
  });

  it('is told from the log alone when another program started the process', async () => {
    const first = await standIn({}, false);
    await first.end('SIGKILL');
    expect(await first.session.exit).toMatchObject({ reason: 'engineKilled' });
    const second = await standIn({}, false);
    writeFileSync(path.join(second.folder, LOG_LINK), 'ready\nRangeError: offset is out of bounds\n');
    await second.end('SIGKILL');
    expect(await second.session.exit).toMatchObject({
      reason: 'engineCrashed',
      detail: 'RangeError: offset is out of bounds',
    });
  });

  it('is a power off when the process had to be killed for it', async () => {
    const { session, child, server } = await standIn({ quit: () => void server.close() });
    child.once('exit', () => undefined);
    const off = session.powerOff();
    child.kill('SIGKILL'); // the process ends without leaving word
    await off;
    expect(await session.exit).toEqual({ kind: 'powerOff' });
  });

  it('kills a process that refuses to quit', async () => {
    const { session, child, server } = await standIn({
      quit: () => {
        throw new Error('I will not.');
      },
    });
    child.once('exit', () => void server.close());
    await session.powerOff();
    expect(await session.exit).toEqual({ kind: 'powerOff' });
    expect(child.signalCode).toBe('SIGTERM');
  });

  it('is not the end of the connection: a process that lives is connected to again', async () => {
    const { session, server, folder, commands } = await standIn();
    await server.close();
    await server.listen(path.join(folder, 'qmp.sock'));
    const before = commands.length;
    await expect.poll(() => session.status().catch(() => undefined)).toEqual({ state: 'Running' });
    expect(commands.length).toBeGreaterThan(before);
  });
});
