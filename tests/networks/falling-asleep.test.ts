import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FakeMoment } from '../../src/main/engines/fake/fake-script.ts';
import { openFakeCore } from '../support/fake-core.ts';

const NETWORK = 'NAT';

/** A machine on a real network, and a client that calls its forwarded port when the engine has just stopped the guest. */
async function callDuring(moment: FakeMoment) {
  const core = await openFakeCore({ hasNetworks: true });
  await core.add('web');
  const { id } = await core.client.machine.start({ machine: 'web' });
  const { state } = await core.client.network.addForward({
    ...{ machine: 'web', protocol: 'tcp', hostPort: 0, guestPort: 80 },
  });
  const calling = Promise.withResolvers<Socket>();
  const failures: Error[] = [];
  const connections = async () => (await core.client.network.get({ network: NETWORK })).forwards[0]?.connections;
  core.engine.script.before[moment] = async () => {
    const socket = connect(state.openPort ?? 0, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.on('error', (error) => failures.push(error));
    await once(socket, 'connect');
    await expect.poll(connections).toBe(1);
    calling.resolve(socket);
  };
  return { core, id, failures, calling: calling.promise };
}

describe('a client that calls a machine in the moment in which the idle policy', () => {
  it.each([
    ['saves it', 'saveState', 'restored'],
    ['pauses it', 'pause', 'unpaused'],
  ] as const)('%s is held, and wakes it', async (_, moment, reason) => {
    const { core, id, failures, calling } = await callDuring(moment);
    await core.app.services.runner[moment](id, 'idle');
    const socket = await calling;
    await expect.poll(() => core.client.machine.get({ machine: 'web' })).toMatchObject({ state: 'Running', reason });
    expect([socket.readyState, failures]).toEqual(['open', []]);
  });
});
