import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { MediumFormat } from '../src/shared/model/medium.ts';
import { makeHome, type RealCore, startRealCore, tearDown } from '../tests/support/real-core.ts';
import { GUEST_READY, SerialConsole } from '../tests/support/serial-console.ts';
import { median, milliseconds, type Row, timeMs, timesMs } from './measure.ts';

const run = promisify(execFile);
const DATA_MIB = 256;
const MIB = 1024 ** 2;
const RUNS = 3;

/** `qemu-img` names formats its own way. */
const QEMU_NAMES: Partial<Record<MediumFormat, string>> = {
  qcow2: 'qcow2',
  vdi: 'vdi',
  vhd: 'vpc',
  vmdk: 'vmdk',
  raw: 'raw',
};

/** Milliseconds of a `qemu-img` command, or undefined when it is not installed. */
async function qemuImgMs(...args: string[]): Promise<number | undefined> {
  try {
    return await timeMs(() => run('qemu-img', args));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function beside(ours: number, theirs: number | undefined, what: string): string {
  if (theirs === undefined) return 'qemu-img is not installed: nothing to compare with';
  return `${what}: ${milliseconds(theirs)}, ratio ${(ours / theirs).toFixed(2)}`;
}

/** A raw image of random data, with as much again of nothing behind it. */
async function makeSource(file: string): Promise<void> {
  const handle = await open(file, 'w');
  for (let at = 0; at < DATA_MIB; at += 1) await handle.write(randomBytes(MIB));
  await handle.truncate(2 * DATA_MIB * MIB);
  await handle.close();
}

async function benchConvert(core: RealCore): Promise<Row[]> {
  const source = path.join(core.home, 'source.img');
  await makeSource(source);
  const { id } = await core.client.medium.register({ path: source, kind: 'disk' });
  const rows: Row[] = [];
  for (const format of ['qcow2', 'vdi', 'vhd', 'vmdk'] as const) {
    const target = path.join(core.home, `ours.${format}`);
    const ours = await timeMs(() => core.client.medium.copy({ id, path: target, format }));
    const theirs = await qemuImgMs(
      'convert',
      '-f',
      'raw',
      '-O',
      QEMU_NAMES[format] ?? format,
      source,
      path.join(core.home, `theirs.${format}`),
    );
    const rate = `${Math.round(DATA_MIB / (ours / 1000))} MiB/s`;
    rows.push({
      what: `convert ${DATA_MIB} MiB raw → ${format}`,
      value: rate,
      note: beside(ours, theirs, 'qemu-img convert'),
    });
  }
  return rows;
}

async function benchSnapshots(core: RealCore): Promise<Row[]> {
  const { client } = core;
  const GIB = 1024 ** 3;
  await client.machine.create({ name: 'tree', isDemo: true, engine: 'embedded', diskSizeBytes: GIB });
  const take = await timesMs(RUNS, (count) => client.snapshot.take({ machine: 'tree', name: `s${count}` }));
  const restore = await timesMs(RUNS, () => client.snapshot.restore({ machine: 'tree', snapshot: 's1' }));
  const clone = await timesMs(RUNS, (count) =>
    client.machine.clone({ machine: 'tree', name: `c${count}`, kind: 'linked', snapshot: 's1' }),
  );
  const base = path.join(core.home, 'base.qcow2');
  await qemuImgMs('create', '-f', 'qcow2', base, '1G');
  const overlay = await qemuImgMs(
    'create',
    '-f',
    'qcow2',
    '-b',
    base,
    '-F',
    'qcow2',
    path.join(core.home, 'overlay.qcow2'),
  );
  const internal = await qemuImgMs('snapshot', '-c', 'one', base);
  await client.machine.start({ machine: 'tree' });
  await using serial = new SerialConsole(await core.connection.openChannel('tree', 'serial'));
  await serial.expect(GUEST_READY);
  const live = await client.snapshot.take({ machine: 'tree', name: 'live' });
  return [
    {
      what: 'snapshot of a machine that is off',
      value: milliseconds(median(take)),
      note: beside(median(take), internal, 'qemu-img snapshot -c'),
    },
    { what: 'restore a snapshot', value: milliseconds(median(restore)), note: 'settings, disks and records' },
    {
      what: 'linked clone',
      value: milliseconds(median(clone)),
      note: beside(median(clone), overlay, 'qemu-img create -b, the disk alone'),
    },
    {
      what: 'pause of a live snapshot with memory',
      value: milliseconds(live.pausedMs ?? Number.NaN),
      note: 'guest of 128 MiB',
    },
  ];
}

/** Images, snapshots and clones, through the client of a real core, beside `qemu-img`. */
export async function benchStorage(): Promise<Row[]> {
  const core = await startRealCore(await makeHome());
  try {
    return [...(await benchConvert(core)), ...(await benchSnapshots(core))];
  } finally {
    await tearDown(core);
  }
}
