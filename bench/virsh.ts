import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { makeHome, startRealCore, tearDown } from '../tests/support/real-core.ts';
import { GUEST_READY, SerialConsole } from '../tests/support/serial-console.ts';
import { median, milliseconds, type Row, timeMs } from './measure.ts';

const run = promisify(execFile);
const RUNS = 3;
const CONNECTION = 'qemu:///session';
const READY_TIMEOUT_MS = 60_000;
const DISK_BYTES = 1024 ** 3;
const guest = path.resolve(import.meta.dirname, '../resources/demo-guest');

/** Milliseconds of each run. */
interface Times {
  start: number[];
  shell: number[];
  snapshot: number[];
  restore: number[];
  stop: number[];
}

const noTimes = (): Times => ({ start: [], shell: [], snapshot: [], restore: [], stop: [] });

const virsh = (...args: string[]) => run('virsh', ['-q', '-c', CONNECTION, ...args]);

/** Why `virsh` cannot be measured, or null when it can. */
async function whyNot(): Promise<string | null> {
  try {
    await virsh('version');
    return null;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return isMissing ? 'virsh is not installed: nothing to compare with' : `virsh does not reach ${CONNECTION}`;
  }
}

/** The machine of `measureOurs`, as libvirt describes it. */
function domain(name: string, folder: string): string {
  const commandLine = readFileSync(path.join(guest, 'cmdline'), 'utf8').trim();
  return `<domain type='qemu'>
  <name>${name}</name><memory unit='MiB'>128</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type><kernel>${path.join(guest, 'bzImage')}</kernel>
    <initrd>${path.join(guest, 'initrd.gz')}</initrd><cmdline>${commandLine}</cmdline></os>
  <features><acpi/></features>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${folder}/disk.qcow2'/>
      <target dev='hda' bus='ide'/></disk>
    <serial type='file'><source path='${folder}/serial'/><target port='0'/></serial>
    <disk type='file' device='cdrom'><target dev='hdc' bus='ide'/></disk>
    <interface type='user'><model type='virtio'/></interface>
    <controller type='usb' model='qemu-xhci'/><input type='tablet' bus='usb'/>
    <graphics type='vnc' socket='${folder}/vnc'/><video><model type='vga'/></video>
    <memballoon model='virtio'/><rng model='virtio'><backend model='builtin'/></rng><panic model='isa'/>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
  </devices></domain>`;
}

async function untilReady(serial: string): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (!existsSync(serial) || !readFileSync(serial, 'latin1').includes(GUEST_READY)) {
    if (performance.now() > deadline) throw new Error('The guest under virsh did not boot.');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function measureVirsh(): Promise<Times> {
  const folder = await mkdtemp(path.join(tmpdir(), 'inn-virsh-'));
  const name = path.basename(folder);
  const serial = path.join(folder, 'serial');
  const times = noTimes();
  try {
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', path.join(folder, 'disk.qcow2'), String(DISK_BYTES)]);
    await writeFile(path.join(folder, 'domain.xml'), domain(name, folder));
    await virsh('define', path.join(folder, 'domain.xml'));
    for (let count = 1; count <= RUNS; count += 1) {
      await rm(serial, { force: true });
      const since = performance.now();
      times.start.push(await timeMs(() => virsh('start', name)));
      await untilReady(serial);
      times.shell.push(performance.now() - since);
      times.snapshot.push(await timeMs(() => virsh('snapshot-create-as', name, `s${count}`)));
      times.stop.push(await timeMs(() => virsh('destroy', name)));
      times.restore.push(await timeMs(() => virsh('snapshot-revert', name, `s${count}`)));
      await virsh('destroy', name);
    }
    return times;
  } finally {
    await virsh('destroy', name).catch(() => undefined); // it is off already when all went well
    await virsh('undefine', name, '--snapshots-metadata').catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureOurs(): Promise<Times> {
  const core = await startRealCore(await makeHome());
  const { machine, snapshot } = core.client;
  const times = noTimes();
  const name = { machine: 'web' };
  try {
    await machine.create({ name: 'web', isDemo: true, engine: 'qemu', memoryMiB: 128, diskSizeBytes: DISK_BYTES });
    for (let count = 1; count <= RUNS; count += 1) {
      const since = performance.now();
      times.start.push(await timeMs(() => machine.start(name)));
      await using serial = new SerialConsole(await core.connection.openChannel('web', 'serial'));
      await serial.expect(GUEST_READY);
      times.shell.push(performance.now() - since);
      times.snapshot.push(await timeMs(() => snapshot.take({ ...name, name: `s${count}` })));
      times.stop.push(await timeMs(() => machine.powerOff(name)));
      const restore = async () => {
        await snapshot.restore({ ...name, snapshot: `s${count}` });
        await machine.start(name);
      };
      times.restore.push(await timeMs(restore));
      await machine.powerOff(name);
      await machine.discardState(name).catch(() => undefined); // used up by the start
    }
    return times;
  } finally {
    await tearDown(core);
  }
}

/** libvirt may be there and not work here; the bench says so and goes on. */
const firstLine = ({ message }: Error): string => `virsh failed: ${message.split('\n')[1] ?? message}`;

const WHAT: Record<keyof Times, string> = {
  start: 'start → the processor runs',
  shell: 'start → shell',
  snapshot: 'snapshot of a running guest, with memory',
  restore: 'restore that snapshot, until the guest runs',
  stop: 'power off',
};

/** The QEMU engine beside libvirt with the same QEMU, guest and disk; without libvirt only our own times. */
export async function benchVirsh(): Promise<Row[]> {
  let reason = await whyNot();
  let theirs: Times | undefined;
  try {
    if (reason === null) theirs = await measureVirsh();
  } catch (error) {
    reason = firstLine(error as Error);
  }
  const ours = await measureOurs();
  return (Object.keys(WHAT) as (keyof Times)[]).map((key) => {
    const [own, other] = [median(ours[key]), theirs && median(theirs[key])];
    const note =
      other === undefined ? (reason ?? '') : `virsh: ${milliseconds(other)}, ratio ${(own / other).toFixed(2)}`;
    return { what: WHAT[key], value: milliseconds(own), note };
  });
}
