import { rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { NetworkKeeper } from '../../src/main/networks/network-keeper.ts';
import { isAlive, killProcess, type ProcessIdentity } from '../../src/main/processes/process-identity.ts';
import { makeTempFolder } from '../support/temp-folder.ts';
import { makeFrame } from './frames.ts';
import { ScriptedMachine } from './scripted-machine.ts';
import { USUAL_PORT } from './switch-rig.ts';
import { TEST_NETWORK } from './test-network.ts';

function keeperIn(folder: string, name = 'test'): NetworkKeeper {
  const keeper = new NetworkKeeper({
    spec: { ...TEST_NETWORK, name },
    runtimeFolder: path.join(folder, 'net'),
    logFile: path.join(folder, 'network.log'),
    onTrouble: (message, error) => {
      throw new Error(message, { cause: error });
    },
  });
  onTestFinished(async () => {
    for (const id of keeper.wanted) await keeper.unplug(id);
    rmSync(folder, { recursive: true, force: true });
  });
  return keeper;
}

const requestOf = ({ number, path, mac }: ScriptedMachine) => ({
  ...{ id: `machine-${number}`, path, settings: { macAddress: mac, ...USUAL_PORT } },
});

async function machines(folder: string): Promise<[ScriptedMachine, ScriptedMachine]> {
  return [await ScriptedMachine.listen(folder, 1), await ScriptedMachine.listen(folder, 2)];
}

function identityOf(keeper: NetworkKeeper): ProcessIdentity {
  if (!keeper.client) throw new Error('the network does not run');
  return keeper.client.identity;
}

async function expectMeeting(keeper: NetworkKeeper, [a, b]: [ScriptedMachine, ScriptedMachine], mark: number) {
  await expect.poll(async () => (await keeper.ports()).filter(({ isUp }) => isUp).length).toBe(2);
  const frame = makeFrame({ from: a.mac, to: b.mac, content: Buffer.alloc(50, mark) });
  await a.send(frame);
  await b.expect(frame);
}

describe('the keeper of a network', () => {
  it('runs the process while a port is wanted', async () => {
    const folder = makeTempFolder();
    const keeper = keeperIn(folder);
    const pair = await machines(folder);
    expect(await keeper.ports()).toEqual([]);
    await Promise.all(pair.map((each) => keeper.plug(requestOf(each))));
    await expectMeeting(keeper, pair, 1);
    const identity = identityOf(keeper);
    expect((await keeper.unplug('machine-1'))?.counters).toMatchObject({ outFrames: 1, outBytes: 64 });
    expect(await isAlive(identity)).toBe(true);
    await keeper.unplug('machine-2');
    await expect.poll(() => isAlive(identity)).toBe(false);
  });

  it('starts it again when it was killed, with the ports as they were last', async () => {
    const folder = makeTempFolder();
    const keeper = keeperIn(folder);
    const pair = await machines(folder);
    for (const each of pair) await keeper.plug(requestOf(each));
    await keeper.change('machine-2', { profile: 'offline' });
    await expectMeeting(keeper, pair, 1);
    await killProcess(identityOf(keeper), 'SIGKILL');
    await pair[0].until(() => !pair[0].isConnected);
    await pair[0].until(() => pair[0].isConnected);
    await expectMeeting(keeper, pair, 2);
    const { settings } = (await keeper.ports()).find(({ id }) => id === 'machine-2') ?? {};
    expect(settings?.profile).toBe('offline');
  });

  it('takes back the process of an earlier core, without the ports that nobody wants', async () => {
    const folder = makeTempFolder();
    const [earlier, later] = [keeperIn(folder), keeperIn(folder)];
    const [a, b] = await machines(folder);
    for (const each of [a, b]) await earlier.plug(requestOf(each));
    const identity = identityOf(earlier);
    await earlier.release();
    await later.plug(requestOf(b));
    expect(identityOf(later)).toEqual(identity);
    expect((await later.ports()).map(({ id }) => id)).toEqual(['machine-2']);
  });

  it('puts a new process in its place when the network is another', async () => {
    const folder = makeTempFolder();
    const keeper = keeperIn(folder);
    const pair = await machines(folder);
    for (const each of pair) await keeper.plug(requestOf(each));
    const before = identityOf(keeper);
    await keeper.respecify({ ...TEST_NETWORK, mtu: 9000 });
    expect(await isAlive(before)).toBe(false);
    await expectMeeting(keeper, pair, 3);
    await keeper.release();
    const later = keeperIn(folder, 'renamed');
    for (const each of pair) await later.plug(requestOf(each));
    await expectMeeting(later, pair, 4);
    expect((await later.client?.spec())?.name).toBe('renamed');
  });

  it('runs without a machine as long as it is held', async () => {
    const folder = makeTempFolder();
    const keeper = keeperIn(folder);
    const [a] = await machines(folder);
    await keeper.plug(requestOf(a));
    const identity = identityOf(keeper);
    await keeper.hold(true);
    await keeper.unplug('machine-1');
    expect(identityOf(keeper)).toEqual(identity);
    await keeper.hold(false);
    await expect.poll(() => isAlive(identity)).toBe(false);
  });

  it('leaves the ports of an earlier core alone that it expects', async () => {
    const folder = makeTempFolder();
    const [earlier, later] = [keeperIn(folder), keeperIn(folder)];
    const pair = await machines(folder);
    for (const each of pair) await earlier.plug(requestOf(each));
    await expectMeeting(earlier, pair, 1);
    await earlier.release();
    for (const each of pair) later.expect(requestOf(each));
    await later.plug(requestOf(pair[0]));
    await expectMeeting(later, pair, 2);
    expect((await later.ports()).map(({ counters }) => counters.outFrames)).toEqual([2, 0]);
  });

  it('does not want what the network refuses', async () => {
    const folder = makeTempFolder();
    const keeper = keeperIn(folder);
    const [a, b] = await machines(folder);
    await keeper.plug(requestOf(a));
    const thief = { ...requestOf(b), settings: requestOf(a).settings };
    await expect(keeper.plug(thief)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(keeper.wanted).toEqual(['machine-1']);
    await expect(keeper.change('machine-2', {})).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });
});
