import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Session } from '../../../src/main/engines/engine.ts';
import type { Hotplug } from '../../../src/main/engines/hotplug.ts';
import { QemuEngine } from '../../../src/main/engines/qemu/engine.ts';
import type { ResolvedAdapter, ResolvedDrive, StartSpec } from '../../../src/main/engines/start-spec.ts';
import { isAlive, killProcess } from '../../../src/main/processes/process-identity.ts';
import { MediumId } from '../../../src/shared/model/medium.ts';
import { refusalOf } from '../../support/refusal.ts';
import { GUEST_READY, type SerialConsole } from '../../support/serial-console.ts';
import { MachineBench, openSerial } from '../conformance/machine-bench.ts';

const MIB = 1024 ** 2;
const PATIENCE = { timeout: 20_000, interval: 200 };

const subject = {
  id: 'qemu' as const,
  makeEngine: () => new QemuEngine({ env: process.env, cacheFolder: path.join(tmpdir(), 'innkeeper-test-cache') }),
  async kill(runtime: Session['runtime']) {
    await killProcess(runtime, 'SIGKILL');
    while (await isAlive(runtime)) await new Promise((resolve) => setTimeout(resolve, 5));
  },
  hasProcess: async () => false,
};

async function aDisk(bench: MachineBench, controller: 'virtio' | 'scsi' | 'ide', port: number): Promise<ResolvedDrive> {
  const file = path.join(bench.folder, `${controller}${port}.img`);
  await using handle = await open(file, 'w');
  await handle.truncate((port + 1) * MIB);
  const medium = { id: MediumId.parse(crypto.randomUUID()), path: file, format: 'raw' as const, sizeBytes: MIB };
  return {
    ...{ controller, controllerName: controller, port, device: 0, kind: 'disk' },
    medium: { ...medium, isReadOnly: false, backing: [] },
  };
}

const adapter = (index: number): ResolvedAdapter => ({
  ...{ index, model: 'auto', macAddress: `52:54:00:00:00:0${index}`, isCableConnected: true },
});

function hotplugOf(session: Session): Hotplug {
  if (session.hotplug === null) throw new Error('The engine has no hot-plug.');
  return session.hotplug;
}

const disksIn = (serial: SerialConsole) => serial.run("awk 'NR>2{print $4, $3}' /proc/partitions | sort");
const adaptersIn = (serial: SerialConsole) => serial.run('ls /sys/class/net | grep -v lo; true');
const processorsIn = (serial: SerialConsole) => serial.run('grep -c ^processor /proc/cpuinfo');

describe.each(['i440fx', 'q35'] as const)('hot-plug on %s', (chipset) => {
  it('brings disks, adapters and processors into a running guest, through a save, and out again', async () => {
    const bench = await MachineBench.forTest(subject);
    const usual = (await bench.spec()).config;
    const config = { ...usual, motherboard: { ...usual.motherboard, chipset } };
    const session = await bench.start({ config });
    const serial = await openSerial(session);
    await serial.expect(GUEST_READY);
    const plug = hotplugOf(session);
    const [first, second, scsi] = [
      await aDisk(bench, 'virtio', 0),
      await aDisk(bench, 'virtio', 1),
      await aDisk(bench, 'scsi', 2),
    ];

    await plug.attachDrive(first);
    await plug.attachDrive(second);
    await plug.attachAdapter(adapter(0));
    await plug.attachDrive(scsi);
    await plug.setProcessors(2);
    await expect.poll(() => disksIn(serial), PATIENCE).toBe('sda 3072\nvda 1024\nvdb 2048');
    await expect.poll(() => adaptersIn(serial), PATIENCE).toBe('eth0');
    await expect.poll(() => processorsIn(serial), PATIENCE).toBe('2');
    expect(await refusalOf(async () => plug.attachDrive(await aDisk(bench, 'ide', 1)))).toMatchObject({
      code: 'NOT_SUPPORTED',
    });

    await plug.detachDrive(first); // leaves a gap among the places, which the command line alone would close
    await expect.poll(() => disksIn(serial), PATIENCE).toBe('sda 3072\nvdb 2048');
    await serial.run('echo kept > /dev/vdb && sync');

    const state = path.join(bench.folder, 'plugged.state');
    await session.saveState(state, { signal: new AbortController().signal });
    await session.powerOff();
    const processors = { ...config.processors, count: 2 };
    const after: Partial<StartSpec> = {
      config: { ...config, processors },
      drives: [second, scsi],
      adapters: [adapter(0)],
      restoreFrom: state,
    };
    const restored = await bench.start(after);
    const console = await openSerial(restored);
    expect(await console.run('echo 3 > /proc/sys/vm/drop_caches; head -c 4 /dev/vdb')).toBe('kept');
    expect(await processorsIn(console)).toBe('2');

    const again = hotplugOf(restored);
    await again.attachDrive(first);
    await expect.poll(() => disksIn(console), PATIENCE).toBe('sda 3072\nvda 1024\nvdb 2048');
    for (const drive of [first, second, scsi]) await again.detachDrive(drive);
    await again.detachAdapter(0);
    await expect.poll(() => disksIn(console), PATIENCE).toBe('');
    await expect.poll(() => adaptersIn(console), PATIENCE).toBe('');
  });
});

it('says so when the guest keeps a device', async () => {
  const bench = await MachineBench.forTest(subject);
  const session = await bench.start({ startsPaused: true }); // nobody there to let it go
  const disk = await aDisk(bench, 'virtio', 0);
  await hotplugOf(session).attachDrive(disk);
  expect(await refusalOf(() => hotplugOf(session).detachDrive(disk))).toMatchObject({ code: 'GUEST_REFUSED' });
});
