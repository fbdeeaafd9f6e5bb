import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { RUNTIME_FILES } from '../../../src/main/engines/embedded/process-spec.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { BOOT_SECTORS, writeBootDisk } from './boot-sector.ts';
import { ideDrive, machineSpec, openSocket, TestMachine } from './machine-harness.ts';

const MACS = ['52:54:00:00:00:0a', '52:54:00:00:00:0b'] as const;

function guest(index: 0 | 1, model: 'virtio' | 'ne2000') {
  const spec = machineSpec({
    adapters: [{ index: 0, model, macAddress: MACS[index], isCableConnected: true }],
  });
  const { kernel } = spec;
  if (!kernel) throw new Error('the demo guest is started by its kernel');
  return { ...spec, kernel: { ...kernel, commandLine: `${kernel.commandLine} inn.net=10.9.0.${index + 1}/24` } };
}

const openPort = (machine: TestMachine): Promise<Socket> => openSocket(machine.path(RUNTIME_FILES.frames(0)));
const PING = 'ping -c 3 -i 0.2 -W 1 10.9.0.2 | grep loss || true';

describe('the network adapter of the machine process', () => {
  it('carries frames between two guests, while the cable is in', async () => {
    const [first, second] = await Promise.all([
      TestMachine.boot(guest(0, 'virtio')),
      TestMachine.boot(guest(1, 'ne2000')),
    ]);
    await using _first = first;
    await using _second = second;
    expect(await first.serial.run('cat /sys/class/net/eth0/address')).toBe(MACS[0]);
    expect(await second.serial.run('cat /sys/class/net/eth0/address')).toBe(MACS[1]);
    const [one, other] = [await openPort(first), await openPort(second)];
    one.pipe(other).pipe(one); // the framing is the same on both sides: a cable is all it takes
    expect(await first.serial.run(PING)).toContain(' 0% packet loss');
    await first.qmp.execute('set_link', { name: 'net0', up: false });
    expect(await first.serial.run('sleep 0.1; cat /sys/class/net/eth0/carrier')).toBe('0');
    expect(await first.serial.run(PING)).toContain('100% packet loss');
    await first.qmp.execute('set_link', { name: 'net0', up: true });
    expect(await first.serial.run(PING)).toContain(' 0% packet loss');
    const usage = (await first.qmp.execute('__org.innkeeper_sample')) as Record<string, number>;
    expect(usage.networkInBytes).toBeGreaterThan(500);
    expect(usage.networkOutBytes).toBeGreaterThan(500);
    one.destroy();
    other.destroy();
    await expectOnePeer(first);
  });

  it('drops frames for a guest that has no driver for it', async () => {
    const disk = await writeBootDisk(makeTempFolder(), BOOT_SECTORS.ringAtZero);
    const { adapters } = guest(0, 'virtio');
    const drives = [ideDrive(0, 'disk', disk)];
    const spec = machineSpec({ kernel: null, bootOrder: ['disk'], drives, adapters });
    await using machine = await TestMachine.start(spec);
    await machine.qmp.execute('cont');
    await machine.serial.expect('BOOTED');
    const port = await openPort(machine);
    port.write(Buffer.concat([Buffer.from([0, 0, 0, 60]), Buffer.alloc(60, 0xff)]));
    await expect
      .poll(async () => (await machine.qmp.execute('__org.innkeeper_sample')) as Record<string, number>)
      .toMatchObject({ networkInBytes: 60 });
    expect(await machine.status()).toBe('running');
    port.destroy();
  });
});

/** A peer gives way to the next, and one that brings garbage is let go; then the next is welcome. */
async function expectOnePeer(machine: TestMachine): Promise<void> {
  const first = await openPort(machine);
  const replaced = once(first.resume(), 'close');
  const second = await openPort(machine);
  await replaced;
  const refused = once(second.resume(), 'close');
  second.write(Buffer.alloc(4, 0xff));
  await refused;
  const next = await openPort(machine);
  const frame = once(next, 'data');
  machine.serial.send('ping -c 1 -W 1 10.9.0.99');
  await frame;
  next.destroy();
}
