import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NetworkClient } from '../../src/main/networks/network-client.ts';
import { NETWORK_FILES } from '../../src/main/networks/network-process/process-spec.ts';
import { isAlive } from '../../src/main/processes/process-identity.ts';
import { BROADCAST, framed, macOf, makeFrame } from './frames.ts';
import { ScriptedMachine } from './scripted-machine.ts';
import { TestNetwork } from './test-network.ts';

/** Machines 1 to `count`, all of them at the network. */
async function machinesOn(network: TestNetwork, count: number): Promise<ScriptedMachine[]> {
  const machines: ScriptedMachine[] = [];
  for (let number = 1; number <= count; number += 1) {
    const machine = await ScriptedMachine.listen(network.folder, number);
    await network.addPort(number, machine.path);
    machines.push(machine);
  }
  for (const machine of machines) await machine.until(() => machine.isConnected);
  await expect.poll(async () => (await network.client.ports()).every(({ isUp }) => isUp)).toBe(true);
  return machines;
}

async function pairOn(network: TestNetwork): Promise<[ScriptedMachine, ScriptedMachine]> {
  const [a, b] = await machinesOn(network, 2);
  if (!a || !b) throw new Error('two machines were asked for');
  return [a, b];
}

const between = (from: ScriptedMachine, to: ScriptedMachine, mark = 0) =>
  makeFrame({ from: from.mac, to: to.mac, content: Buffer.alloc(60, mark) });

async function expectMeeting(a: ScriptedMachine, b: ScriptedMachine, mark: number): Promise<void> {
  await a.send(between(a, b, mark));
  await b.expect(between(a, b, mark));
  await b.send(between(b, a, mark));
  await a.expect(between(b, a, mark));
}

const countersOf = async (network: TestNetwork, number: number) =>
  (await network.client.ports()).find(({ id }) => id === `machine-${number}`)?.counters;

describe('a network process', () => {
  it('carries frames between 64 machines, and keeps its sockets to its user', async () => {
    const network = await TestNetwork.start();
    const machines = await machinesOn(network, 64);
    await Promise.all(machines.map((each) => each.send(makeFrame({ from: each.mac, to: BROADCAST }))));
    for (const each of machines) await each.until(() => each.received === 63);
    await Promise.all(
      machines.map((each, index) => each.send(between(each, machines[(index + 1) % 64] ?? each, each.number))),
    );
    for (const [index, each] of machines.entries()) {
      const before = machines[(index + 63) % 64] ?? each;
      await each.expect(between(before, each, before.number));
      expect(each.received).toBe(64);
    }
    expect((await network.client.table()).length).toBe(64);
    expect(statSync(network.runtimeFolder).mode & 0o077).toBe(0);
    expect(statSync(path.join(network.runtimeFolder, NETWORK_FILES.control)).mode & 0o077).toBe(0);
  });

  it('outlives the program that started it, and is taken back with its ports', async () => {
    const network = await TestNetwork.start();
    const [a, b] = await pairOn(network);
    network.client.release();
    await expectMeeting(a, b, 1);
    const again = await NetworkClient.takeBack(network.runtimeFolder);
    if (!again) throw new Error('the network was not taken back');
    network.client = again;
    expect((await again.ports()).map(({ id, isUp }) => [id, isUp])).toEqual([
      ['machine-1', true],
      ['machine-2', true],
    ]);
    await network.addPort(1, a.path, { profile: 'quarantine' }); // said again with other settings: the connection stays
    expect((await countersOf(network, 1))?.outFrames).toBe(1);
    await a.send(between(a, b, 2));
    await expect.poll(async () => (await countersOf(network, 1))?.dropped.isolated).toBe(1);
  });

  it('is started again after its death, and the machines come back by themselves', async () => {
    const network = await TestNetwork.start();
    const [a, b] = await pairOn(network);
    const { closed } = network.client;
    await network.kill();
    await closed;
    expect(await NetworkClient.takeBack(network.runtimeFolder)).toBeUndefined();
    await expect(network.client.ports()).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
    await a.until(() => !a.isConnected);
    const again = await TestNetwork.start({}, network.folder);
    for (const machine of [a, b]) await again.addPort(machine.number, machine.path);
    await expect.poll(async () => (await again.client.ports()).filter(({ isUp }) => isUp)).toHaveLength(2);
    await expectMeeting(a, b, 3);
  });

  it('connects again to a machine that was away', async () => {
    const network = await TestNetwork.start();
    const [a, b] = await pairOn(network);
    b.disconnect();
    await b.until(() => !b.isConnected);
    await b.until(() => b.isConnected);
    await expect.poll(async () => (await network.client.ports()).every(({ isUp }) => isUp)).toBe(true);
    await expectMeeting(a, b, 4);
  });

  it('ends when it is told to, and when nobody has been there for its time', async () => {
    const told = await TestNetwork.start();
    await told.client.stop();
    await expect.poll(() => isAlive(told.client.identity)).toBe(false);
    const left = await TestNetwork.start({ lingerMs: 200 });
    const [a, b] = await pairOn(left);
    left.client.release();
    const { identity } = left.client;
    const enoughMs = performance.now() + 600;
    for (let mark = 0; performance.now() < enoughMs; mark += 1) await expectMeeting(a, b, mark); // machines are there
    const again = await NetworkClient.takeBack(left.runtimeFolder);
    await again?.removePort('machine-1');
    await again?.removePort('machine-2');
    again?.release();
    await expect.poll(() => isAlive(identity), { timeout: 10_000 }).toBe(false);
  });

  it('refuses what makes no sense, and says why', async () => {
    const network = await TestNetwork.start();
    const [a] = await pairOn(network);
    await expect(network.client.changePort('nobody', {})).rejects.toMatchObject({ code: 'INVALID_STATE' });
    const taken = { id: 'other', path: '/nowhere', settings: (await network.client.ports())[0]?.settings };
    await expect(network.client.execute('add-port', taken)).rejects.toMatchObject({
      ...{ code: 'CONFLICT', message: `The address ${a.mac} belongs to the port 'machine-1'.` },
    });
    await expect(network.client.execute('add-port', { id: 'x' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    const capture = { portId: null, path: '/no/such/folder/x', limitBytes: 4096 };
    await expect(network.client.startCapture('c', capture)).rejects.toMatchObject({ code: 'FILE_NOT_ACCESSIBLE' });
    expect(await network.client.removePort('nobody')).toBeUndefined();
  });
});

describe('one machine out of control', () => {
  it('cannot hurt the others with 120 000 hostile frames', async () => {
    const network = await TestNetwork.start();
    const [hostile, a, b] = await machinesOn(network, 3);
    if (!hostile || !a || !b) throw new Error('three machines were asked for');
    const anyFrame = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc
        .record({ from: fc.nat({ max: 4 }), to: fc.nat({ max: 4 }), content: fc.uint8Array({ maxLength: 40 }) })
        .map(({ from, to, content }) => makeFrame({ from: macOf(from), to: macOf(to), content })),
    );
    const lots = fc.sample(fc.array(anyFrame, { minLength: 100, maxLength: 100 }), { numRuns: 40, seed: 5 });
    let count = 0;
    for (let round = 0; round < 30; round += 1) {
      for (const lot of lots) {
        const bytes = Buffer.concat(lot.filter(({ length }) => length > 0).map(framed));
        await hostile.write(bytes);
        count += lot.length;
      }
    }
    expect(count).toBe(120_000);
    await expectMeeting(a, b, 9);
    expect((await countersOf(network, 1))?.dropped.spoofed).toBeGreaterThan(1000);
    expect(await isAlive(network.client.identity)).toBe(true);
  });

  it('is cut off when its lengths make no sense, and may come back', async () => {
    const network = await TestNetwork.start();
    const [hostile, a, b] = await machinesOn(network, 3);
    if (!hostile || !a || !b) throw new Error('three machines were asked for');
    for (const length of [0, 69_633, 0x7fff_ffff, 0xffff_ffff]) {
      const header = Buffer.alloc(4);
      header.writeUInt32BE(length);
      await hostile.write(Buffer.concat([header, Buffer.alloc(1000)]));
      await hostile.until(() => !hostile.isConnected);
      await expectMeeting(a, b, length & 0xff);
      await network.client.removePort('machine-1'); // what is plugged in anew need not wait
      await network.addPort(1, hostile.path);
      await hostile.until(() => hostile.isConnected);
    }
    await expectMeeting(hostile, a, 8);
  });

  it('cannot fill the memory, nor take all the room to a machine that does not read', async () => {
    const network = await TestNetwork.start();
    const [storm, honest, hung] = await machinesOn(network, 3);
    if (!storm || !honest || !hung) throw new Error('three machines were asked for');
    hung.hang();
    const lot = Buffer.concat(
      Array.from({ length: 500 }, () =>
        framed(makeFrame({ from: storm.mac, to: hung.mac, content: Buffer.alloc(1400) })),
      ),
    );
    for (let i = 0; i < 40; i += 1) await storm.write(lot); // 28 MB
    await expect.poll(async () => (await countersOf(network, 1))?.outFrames).toBe(20_000);
    const [before] = [await countersOf(network, 3)];
    expect(before?.dropped.queue).toBeGreaterThan(15_000);
    await honest.send(between(honest, hung, 1));
    await expectMeeting(storm, honest, 2);
    const after = await countersOf(network, 3);
    expect(after?.inFrames).toBe((before?.inFrames ?? 0) + 1); // there was room for somebody else
    const rssKiB = Number(
      /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${network.client.identity.pid}/status`, 'utf8'))?.[1],
    );
    expect(rssKiB).toBeLessThan(160 * 1024);
  });
});

describe('a capture', () => {
  it('writes what one port sends and gets, and begins anew at its limit', async () => {
    const network = await TestNetwork.start();
    const [a, b] = await pairOn(network);
    const file = path.join(network.folder, 'a.pcapng');
    await network.client.startCapture('a', { portId: 'machine-1', path: file, limitBytes: 4096 });
    await expectMeeting(a, b, 5);
    expect(await network.client.stopCapture('a')).toMatchObject({ frames: 2, bytes: 148, failure: null });
    expect(statSync(file).mode & 0o077).toBe(0);
    await network.client.startCapture('b', { portId: null, path: file, limitBytes: 4096 });
    for (let i = 0; i < 80; i += 1) await a.send(between(a, b, i));
    await b.until(() => b.received === 81);
    await network.client.stopCapture('b');
    for (const each of [file, `${file}.1`]) expect(statSync(each).size).toBeLessThan(4096 + 256);
    expect(existsSync(`${file}.2`)).toBe(false);
  });
});
