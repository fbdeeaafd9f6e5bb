import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPng } from '../support/read-png.ts';
import { makeHome, type RealCore, startRealCore, tearDown } from '../support/real-core.ts';
import { GUEST_READY, SerialConsole } from '../support/serial-console.ts';

const demoIso = path.resolve(import.meta.dirname, '../../resources/demo-guest/demo.iso');

describe('a real guest in the embedded engine', () => {
  let core: RealCore;
  beforeAll(async () => {
    core = await startRealCore(await makeHome());
  });
  afterAll(() => tearDown(core));

  const serialOf = async (machine: string) => new SerialConsole(await core.connection.openChannel(machine, 'serial'));

  it('boots the demo guest, shows its screen, takes typed commands and obeys the power button', async () => {
    const { client } = core;
    await client.machine.create({ name: 'journey', isDemo: true, engine: 'embedded' });
    const started = await client.machine.start({ machine: 'journey' });
    expect(started).toMatchObject({ state: 'Running', reason: 'booted', engine: 'embedded' });
    await using serial = await serialOf('journey');
    await serial.expect(GUEST_READY);
    await serial.expect('# ');

    const { pngBase64, width, height } = await client.machine.screenshot({ machine: 'journey' });
    expect([width, height]).toEqual([720, 400]);
    expect(readPng(Buffer.from(pngBase64, 'base64')).litPixels).toBeGreaterThan(1000);

    await client.machine.type({ machine: 'journey', text: 'echo "typed: $((6 * 7))" > /dev/ttyS0\n' });
    await serial.expect('typed: 42');
    expect(await serial.run('hostname')).toBe('journey');

    await client.machine.powerButton({ machine: 'journey' });
    const off = await client.events.waitFor({ machine: 'journey', states: ['PoweredOff'], timeoutMs: 100_000 });
    expect(off).toMatchObject({ state: 'PoweredOff', reason: 'guestShutdown', pid: null });
  });

  it('boots from an ISO, writes to a disk, and reads it back after the next boot', async () => {
    const { client } = core;
    await client.machine.create({
      name: 'disk',
      engine: 'embedded',
      osType: 'linux-32',
      memoryMiB: 128,
      isoPath: demoIso,
      diskSizeBytes: 20 * 1024 ** 3,
    });
    const boot = async () => {
      await client.machine.start({ machine: 'disk' });
      const serial = await serialOf('disk');
      await serial.expect(GUEST_READY);
      await serial.expect('# ');
      return serial;
    };
    const shutDown = async (serial: SerialConsole) => {
      serial.send('poweroff');
      await client.events.waitFor({ machine: 'disk', states: ['PoweredOff'], timeoutMs: 100_000 });
    };
    await using first = await boot();
    await first.run('mke2fs -F /dev/sda 65536');
    await first.run('mount /dev/sda /mnt && echo "kept over the boot" > /mnt/note && umount /mnt');
    await shutDown(first);
    await using second = await boot();
    expect(await second.run('mount /dev/sda /mnt && cat /mnt/note')).toContain('kept over the boot');
    await shutDown(second);
  });

  it('continues exactly where Save State stopped it, with the clock set right', async () => {
    const { client } = core;
    await client.machine.create({ name: 'saved', isDemo: true, engine: 'embedded' });
    await client.machine.start({ machine: 'saved' });
    await using before = await serialOf('saved');
    await before.expect(GUEST_READY);
    await before.run('counter');
    await before.run('while [ "$(counter show)" -lt 2 ]; do sleep 0.2; done');
    await before.run('echo "only in memory" > /tmp/note');
    const saved = await client.machine.saveState({ machine: 'saved' });
    expect(saved).toMatchObject({ state: 'Saved', reason: 'saved', pid: null });

    const running = await client.machine.start({ machine: 'saved' });
    expect(running).toMatchObject({ state: 'Running', reason: 'restored' });
    await using after = await serialOf('saved');
    const counted = Number(await after.run('counter show'));
    expect(counted).toBeGreaterThanOrEqual(2);
    expect(await after.run('cat /tmp/note')).toBe('only in memory');
    await after.run(`while [ "$(counter show)" -le ${counted} ]; do sleep 0.2; done`);
    // Asking takes a while where much else is to be done: the answer belongs to some moment between the two.
    const askedAt = Date.now() / 1000;
    const guestSeconds = Number(await after.run('date +%s'));
    expect(guestSeconds).toBeGreaterThan(askedAt - 3);
    expect(guestSeconds).toBeLessThan(Date.now() / 1000 + 3);
    await client.machine.powerOff({ machine: 'saved' });
  });

  it('starts warm after the first boot, and cold again when the settings have changed', async () => {
    const { client } = core;
    const created = await client.machine.create({
      name: 'warm',
      isDemo: true,
      engine: 'embedded',
      keepsWarmStart: true,
    });
    expect(created.hasWarmStart).toBe(false);
    expect(await client.machine.start({ machine: 'warm' })).toMatchObject({ reason: 'booted' });
    const abort = new AbortController();
    for await (const event of await client.events.subscribe({}, { signal: abort.signal })) {
      const machine =
        event.kind === 'snapshot'
          ? event.machines.find(({ id }) => id === created.id)
          : event.kind === 'machineChanged'
            ? event.machine
            : undefined;
      if (machine?.id === created.id && machine.hasWarmStart) abort.abort();
    }
    await client.machine.powerOff({ machine: 'warm' });
    expect(await client.machine.start({ machine: 'warm' })).toMatchObject({ state: 'Running', reason: 'warmStart' });
    await using serial = await serialOf('warm');
    expect(await serial.run('echo alive')).toBe('alive');
    const off = await client.machine.powerOff({ machine: 'warm' });
    await client.machine.configure({
      machine: 'warm',
      revision: off.revision,
      config: { ...off.config, memoryMiB: 160 },
    });
    expect(await client.machine.start({ machine: 'warm' })).toMatchObject({ state: 'Running', reason: 'booted' });
    await client.machine.powerOff({ machine: 'warm' });
  });

  it('loses its network when the cable is pulled, and has it again when it is plugged in', async () => {
    const { client } = core;
    const { revision, config } = await client.machine.create({ name: 'cable', isDemo: true, engine: 'embedded' });
    await client.machine.start({ machine: 'cable' });
    await using serial = await serialOf('cable');
    await serial.expect(/eth0: [0-9.]+\/\d+ \(DHCP/);
    const gateway = /via ([0-9.]+)/.exec(await serial.run('ip route'))?.[1];
    const ping = async () =>
      (await serial.run(`ping -c 1 -W 2 ${gateway} >/dev/null && echo reached || echo silent`)).split('\n').at(-1);
    const plug = async (isConnected: boolean, at: number) => {
      const adapters = config.adapters.map((adapter) => ({ ...adapter, isCableConnected: isConnected }));
      await client.machine.configure({ machine: 'cable', revision: at, config: { ...config, adapters } });
    };
    await expect.poll(ping, { timeout: 60_000 }).toBe('reached');
    await plug(false, revision);
    expect(await ping()).toBe('silent');
    await plug(true, revision + 1);
    await expect.poll(ping, { timeout: 60_000 }).toBe('reached');
    await client.machine.powerOff({ machine: 'cable' });
  });

  it('reports a truncated disk image as a paused machine, and goes on when it is mended', async () => {
    const { client } = core;
    const image = path.join(core.home, 'small.img');
    await writeFile(image, Buffer.alloc(1024 * 1024));
    await client.machine.create({ name: 'broken', isDemo: true, engine: 'embedded', diskPath: image });
    await client.machine.start({ machine: 'broken' });
    await using serial = await serialOf('broken');
    await serial.expect(GUEST_READY);
    await serial.expect('# ');
    await writeFile(image, Buffer.alloc(512));
    serial.send('dd if=/dev/sda of=/dev/null bs=4k count=64; echo "read: $?"');
    const paused = await client.events.waitFor({ machine: 'broken', states: ['Paused'], timeoutMs: 100_000 });
    expect(paused.reason).toBe('ioError');
    expect(paused.reasonDetail).toContain('small.img');
    await writeFile(image, Buffer.alloc(1024 * 1024));
    await client.machine.resume({ machine: 'broken' });
    await serial.expect('read: 0');
    await client.machine.powerOff({ machine: 'broken' });
  });
});
