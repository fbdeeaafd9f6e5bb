import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { EmbeddedEngine } from '../../../src/main/engines/embedded/engine.ts';
import type { Session } from '../../../src/main/engines/engine.ts';
import { RUNTIME_FILES } from '../../../src/main/engines/runtime-files.ts';
import { macOf } from '../../networks/frames.ts';
import { TestNetwork } from '../../networks/test-network.ts';
import { GUEST_READY, type SerialConsole } from '../../support/serial-console.ts';
import { type EngineUnderTest, MachineBench, openSerial } from '../conformance/machine-bench.ts';
import { qemuUnderTest } from '../qemu/qemu-bench.ts';

const resourcesFolder = path.resolve(import.meta.dirname, '../../../resources');

const EMBEDDED: EngineUnderTest = {
  ...qemuUnderTest(),
  id: 'embedded',
  makeEngine: () => new EmbeddedEngine({ resourcesFolder }),
};

interface Guest {
  session: Session;
  serial: SerialConsole;
  socket: string;
}

/** A demo guest whose adapter has the address 10.9.0.<number> and serves a page that names it. */
async function boot(subject: EngineUnderTest, number: number): Promise<Guest> {
  const bench = await MachineBench.forTest(subject);
  const { kernel } = await bench.spec();
  if (!kernel) throw new Error('the demo guest is started by its kernel');
  const session = await bench.start({
    kernel: { ...kernel, commandLine: `${kernel.commandLine} inn.net=10.9.0.${number}/24` },
    adapters: [{ index: 0, model: 'virtio', macAddress: macOf(number), isCableConnected: true }],
  });
  const serial = await openSerial(session);
  await serial.expect(GUEST_READY);
  await serial.run(
    `mkdir -p /tmp/page; echo 'page of ${subject.id}' >/tmp/page/index.html; httpd -p 8080 -h /tmp/page`,
  );
  return { session, serial, socket: path.join(session.runtime.runtimeFolder, RUNTIME_FILES.frames(0)) };
}

const loss = async ({ serial }: Guest, to: number, count = 3): Promise<string> =>
  (await serial.run(`ping -c ${count} -i 0.2 -W 1 10.9.0.${to} || true`)).match(/\d+% packet loss/)?.[0] ?? '';
const page = ({ serial }: Guest, from: number): Promise<string> =>
  serial.run(`wget -q -O - http://10.9.0.${from}:8080/`);

describe('guests of both engines', () => {
  it('meet on one network, lose each other with the cable, and never reach another network', async () => {
    const [home, away] = [await TestNetwork.start(), await TestNetwork.start()];
    const [embedded, qemu] = await Promise.all([boot(EMBEDDED, 1), boot(qemuUnderTest(), 2)]);
    await home.addPort(1, embedded.socket);
    await home.addPort(2, qemu.socket);
    const capture = path.join(home.folder, 'capture.pcapng');
    await home.client.startCapture('all', { portId: null, path: capture, limitBytes: 1024 ** 2 });
    await expect.poll(() => loss(embedded, 2, 1)).toBe('0% packet loss');
    expect(await loss(embedded, 2)).toBe('0% packet loss');
    expect(await loss(qemu, 1)).toBe('0% packet loss');
    expect(await page(embedded, 2)).toBe('page of qemu');
    expect(await page(qemu, 1)).toBe('page of embedded');
    await home.client.stopCapture('all');
    expect(readFileSync(capture).includes('page of qemu')).toBe(true);

    await home.client.changePort('machine-2', { isCableConnected: false });
    expect(await loss(embedded, 2)).toBe('100% packet loss');
    await home.client.changePort('machine-2', { isCableConnected: true });
    expect(await loss(embedded, 2)).toBe('0% packet loss');

    await home.client.removePort('machine-2');
    await away.addPort(2, qemu.socket);
    await expect.poll(async () => (await away.client.ports())[0]?.isUp).toBe(true);
    expect(await loss(embedded, 2)).toBe('100% packet loss');
    expect(await loss(qemu, 1)).toBe('100% packet loss');
    expect((await away.client.ports())[0]?.counters.outFrames).toBeGreaterThan(0);

    await away.client.removePort('machine-2');
    await home.addPort(2, qemu.socket);
    await expect.poll(() => loss(qemu, 1, 1)).toBe('0% packet loss');
    await home.kill(); // the network's process, not the machines
    const again = await TestNetwork.start({}, home.folder);
    await again.addPort(1, embedded.socket);
    await again.addPort(2, qemu.socket);
    await expect.poll(() => loss(embedded, 2, 1)).toBe('0% packet loss');
    expect(await page(qemu, 1)).toBe('page of embedded');
  });
});
