import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readProcessFile } from '../../src/main/processes/leftover.ts';
import { isAlive, killProcess } from '../../src/main/processes/process-identity.ts';
import type { Network, NetworkCapture } from '../../src/shared/model/virtual-network.ts';
import { type FakeCore, openFakeCore } from '../support/fake-core.ts';
import { readPcapng } from '../support/read-pcapng.ts';

const NETWORK = 'NAT';
const detailsOf = ({ client }: FakeCore) => client.network.get({ network: NETWORK });

function processOf(core: FakeCore, { id }: Network) {
  const identity = readProcessFile(core.app.paths.networkRuntimeFolder(id));
  if (!identity) throw new Error('the network has no process');
  return identity;
}

/** A core with a machine on its network, which is captured; the file holds what a trial of reach has sent. */
async function openCapture(core: FakeCore): Promise<{ network: Network; capture: NetworkCapture }> {
  await core.add('web');
  await core.client.machine.start({ machine: 'web' });
  const started = await core.client.network.startCapture({ network: NETWORK });
  await core.client.network.reach({ machine: 'web', to: 'host' });
  const { network, captures } = await detailsOf(core);
  const [capture] = captures;
  if (!capture) throw new Error('nothing is captured');
  expect(capture).toMatchObject({ id: started.id, failure: null, endedAt: null });
  expect(capture.frames).toBeGreaterThan(0);
  await expect.poll(() => framesIn(capture)).toBeGreaterThanOrEqual(capture.frames);
  return { network, capture };
}

/** It has ended for this reason, with all that was seen of it, and is whole in its file. */
function expectEnded(ended: NetworkCapture | undefined, before: NetworkCapture, why: string): void {
  expect(ended).toMatchObject({ id: before.id, endedAt: expect.any(String), failure: expect.stringContaining(why) });
  expect(ended?.frames).toBeGreaterThanOrEqual(before.frames);
  expect(framesIn(before)).toBe(ended?.frames);
}

/** The one capture there is, once it has ended. */
async function endedOn(core: FakeCore): Promise<NetworkCapture | undefined> {
  const captures = async () => (await detailsOf(core)).captures;
  await expect.poll(captures).toMatchObject([{ endedAt: expect.any(String) }]);
  return (await captures())[0];
}

const framesIn = ({ path }: NetworkCapture): number => readPcapng(readFileSync(path)).frames.length;

async function kill(identity: ReturnType<typeof processOf>): Promise<void> {
  await killProcess(identity, 'SIGKILL');
  await expect.poll(() => isAlive(identity)).toBe(false);
}

describe('a capture whose network ends', () => {
  it('says that it ended and why when the process was killed, and its file is whole', async () => {
    const core = await openFakeCore({ hasNetworks: true });
    const events = await core.client.events.subscribe({});
    const { network, capture } = await openCapture(core);
    await kill(processOf(core, network));
    for await (const event of events) {
      if (event.kind !== 'captureEnded') continue;
      expect(event.network).toBe(network.id);
      expectEnded(event.capture, capture, 'ended unexpectedly');
      break;
    }
    const ended = await endedOn(core);
    expectEnded(ended, capture, 'ended unexpectedly');

    await expect.poll(async () => (await detailsOf(core)).isRunning).toBe(true);
    const next = await core.client.network.startCapture({ network: NETWORK });
    expect((await detailsOf(core)).captures).toMatchObject([ended, { id: next.id, endedAt: null }]);
    expect(await core.client.network.stopCapture({ network: NETWORK, id: capture.id })).toEqual(ended);
    expect((await detailsOf(core)).captures).toMatchObject([{ id: next.id }]);
    const stopped = await core.client.network.stopCapture({ network: NETWORK, id: next.id });
    expect(stopped).toMatchObject({ failure: null, endedAt: expect.any(String) });
    expect((await detailsOf(core)).captures).toEqual([]);
  });

  it('says so after the next start when nobody was there', async () => {
    const core = await openFakeCore({ hasNetworks: true });
    const { network, capture } = await openCapture(core);
    const identity = processOf(core, network);
    await core.close();
    await kill(identity);
    const again = await openFakeCore({ folder: core.folder, hasNetworks: true });
    expectEnded(await endedOn(again), capture, 'started again');
  });

  it('goes on while the program is started again', async () => {
    const core = await openFakeCore({ hasNetworks: true });
    const { capture } = await openCapture(core);
    await core.close();
    const again = await openFakeCore({ folder: core.folder, world: core.world, hasNetworks: true });
    expect((await detailsOf(again)).captures).toMatchObject([{ id: capture.id, failure: null, endedAt: null }]);
    await again.client.machine.powerOff({ machine: 'web' });
  });

  it('says that the last machine has gone', async () => {
    const core = await openFakeCore({ hasNetworks: true });
    const { capture } = await openCapture(core);
    await core.client.machine.powerOff({ machine: 'web' });
    expectEnded(await endedOn(core), capture, 'no machine was on it');
  });
});
