import { createServer, type Server, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answersOnPort } from '../../src/main/groups/port-probe.ts';
import { awaitReady } from '../../src/main/groups/readiness.ts';
import type { Machine, MachineId } from '../../src/shared/model/machine.ts';
import { USUAL_RESOURCES, USUAL_START_ORDER } from '../../src/shared/model/resources.ts';
import { refusalOf } from '../support/refusal.ts';

/** A server that treats each connection as it is told to, as a forward or a guest would. */
async function serve(treat: (socket: Socket) => void): Promise<{ host: string; port: number; server: Server }> {
  const server = createServer(treat);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('there is no port');
  return { host: '127.0.0.1', port: address.port, server };
}

const ID = 'db' as MachineId;
const live = () => new AbortController().signal;

/** The machine `db`, which waits for its port 5432. */
function waiting(place: { host: string; port: number } | null, state = 'Running') {
  const startOrder = { ...USUAL_START_ORDER, waitsFor: 'port' as const, port: 5432 };
  const config = { name: 'db', resources: { ...USUAL_RESOURCES, startOrder } };
  return {
    machines: { get: () => ({ id: ID, config, state, reason: 'booted' }) as Machine },
    runner: { askGuest: async () => Promise.reject(new Error('nobody asked')) },
    placeOf: async () => place,
    lookMs: 1,
  };
}

describe('a port', () => {
  it('answers when something comes from it, at once', async () => {
    const place = await serve((socket) => socket.end('220 ready'));
    expect(await answersOnPort(place, live(), 60_000)).toBe(true);
  });

  it('answers when it holds a connection without a word', async () => {
    const place = await serve(() => undefined);
    expect(await answersOnPort(place, live(), 20)).toBe(true);
  });

  it('does not answer when the forward is open and the guest refuses', async () => {
    const place = await serve((socket) => socket.resetAndDestroy());
    expect(await answersOnPort(place, live(), 60_000)).toBe(false);
  });

  it('does not answer when nobody listens', async () => {
    const { server, ...place } = await serve(() => undefined);
    await new Promise((resolve) => server.close(resolve));
    expect(await answersOnPort(place, live(), 60_000)).toBe(false);
  });
});

describe('a machine whose port is waited for', () => {
  it('is ready as soon as its server is, and not before', async () => {
    let refusals = 0;
    const place = await serve((socket) => {
      refusals += 1;
      if (refusals > 3) socket.end('hello');
      else socket.resetAndDestroy();
    });
    await awaitReady(waiting(place), ID, 60, live());
    expect(refusals).toBe(4);
  });

  it('is named with its port when it does not become ready', async () => {
    const place = await serve((socket) => socket.resetAndDestroy());
    const refusal = await refusalOf(() => awaitReady(waiting(place), ID, 0.1, live()));
    expect(refusal).toMatchObject({ code: 'TIMEOUT', details: { machine: 'db' } });
    expect(refusal.message).toContain("'db' did not become ready within 0.1 s: its port 5432");
  });

  it('is not waited for any more when it has crashed', async () => {
    const refusal = await refusalOf(() => awaitReady(waiting(null, 'Aborted'), ID, 60, live()));
    expect(refusal).toMatchObject({ code: 'INVALID_STATE', details: { machine: 'db' } });
  });
});
