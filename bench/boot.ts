import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { makeHome, type RealCore, startRealCore, tearDown } from '../tests/support/real-core.ts';
import { GUEST_READY, SerialConsole } from '../tests/support/serial-console.ts';
import { mebibytes, median, type Row, seconds, timeMs } from './measure.ts';

const RUNS = 3;
const IDLE_MS = 5000;
const guest = path.resolve(import.meta.dirname, '../resources/demo-guest');

/** From the call `machine.start` until the guest's shell is there, measured through the client. */
async function startToShell(core: RealCore, machine: string): Promise<number> {
  const took = await timeMs(async () => {
    await core.client.machine.start({ machine });
    await using serial = new SerialConsole(await core.connection.openChannel(machine, 'serial'));
    await serial.expect(GUEST_READY);
  });
  return took;
}

/** From the call until a shell command is answered: the measure for a warm start, whose shell is there already. */
async function startToAnswer(core: RealCore, machine: string): Promise<number> {
  return timeMs(async () => {
    const { reason } = await core.client.machine.start({ machine });
    if (reason !== 'warmStart')
      throw new Error(`'${machine}' started cold (${reason}): there is no warm start to measure`);
    await using serial = new SerialConsole(await core.connection.openChannel(machine, 'serial'));
    await serial.run('true');
  });
}

async function untilWarm(core: RealCore, machine: string): Promise<void> {
  for (;;) {
    if ((await core.client.machine.get({ machine })).hasWarmStart) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The same kernel and initrd in a raw QEMU without hardware acceleration, or undefined when QEMU is not installed. */
function rawQemuMs(): Promise<number | undefined> {
  const commandLine = readFileSync(path.join(guest, 'cmdline'), 'utf8').trim();
  const args = ['-accel', 'tcg', '-m', '128', '-nodefaults', '-display', 'none', '-serial', 'stdio'];
  const boot = [
    '-kernel',
    path.join(guest, 'bzImage'),
    '-initrd',
    path.join(guest, 'initrd.gz'),
    '-append',
    commandLine,
  ];
  const start = performance.now();
  return new Promise((resolve) => {
    const qemu = spawn('qemu-system-i386', [...args, ...boot], { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    qemu.once('error', () => resolve(undefined));
    qemu.once('exit', () => resolve(undefined));
    qemu.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (!text.includes(GUEST_READY)) return;
      resolve(performance.now() - start);
      qemu.kill('SIGKILL');
    });
  });
}

async function idleUse(
  core: RealCore,
  machine: string,
): Promise<{ processor: number; resident: number; promised: number }> {
  const { id } = await core.client.machine.get({ machine });
  const sample = async () => (await core.client.usage.latest({})).machines.find(({ machineId }) => machineId === id);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const before = await sample();
  const start = performance.now();
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const after = await sample();
  const processor =
    ((after?.processorSeconds ?? 0) - (before?.processorSeconds ?? 0)) / ((performance.now() - start) / 1000);
  return { processor, resident: after?.memoryUsedBytes ?? 0, promised: after?.memoryPromisedBytes ?? 0 };
}

/** Boot, warm start, memory and idle processor use of the demo guest in the embedded engine. */
export async function benchBoot(): Promise<Row[]> {
  const core = await startRealCore(await makeHome());
  try {
    await core.client.machine.create({ name: 'cold', isDemo: true, engine: 'embedded' });
    const cold: number[] = [];
    const qemu: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      cold.push(await startToShell(core, 'cold'));
      await core.client.machine.powerOff({ machine: 'cold' });
      const raw = await rawQemuMs();
      if (raw !== undefined) qemu.push(raw);
    }
    await core.client.machine.create({ name: 'warm', isDemo: true, engine: 'embedded', keepsWarmStart: true });
    await startToShell(core, 'warm');
    await untilWarm(core, 'warm');
    const warm: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      await core.client.machine.powerOff({ machine: 'warm' });
      warm.push(await startToAnswer(core, 'warm'));
    }
    const idle = await idleUse(core, 'warm');
    const beside = qemu.length
      ? `raw qemu-system-i386 (TCG): ${seconds(median(qemu))}, ratio ${(median(cold) / median(qemu)).toFixed(2)}`
      : 'qemu-system-i386 is not installed: nothing to compare with';
    return [
      { what: 'start → shell, cold', value: seconds(median(cold)), note: beside },
      {
        what: 'start → shell command answered, warm',
        value: seconds(median(warm)),
        note: `${(median(cold) / median(warm)).toFixed(1)} times faster than cold`,
      },
      {
        what: 'memory of the machine process',
        value: mebibytes(idle.resident),
        note: `guest memory ${mebibytes(idle.promised)}`,
      },
      {
        what: 'idle processor use',
        value: `${(idle.processor * 100).toFixed(2)} %`,
        note: 'of one processor, over 5 s',
      },
    ];
  } finally {
    await tearDown(core);
  }
}
