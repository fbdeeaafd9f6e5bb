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

async function inTurn<T>(runs: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let run = 0; run < runs; run += 1) results.push(await work());
  return results;
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

async function startTimes(core: RealCore, engine: 'embedded' | 'qemu'): Promise<number[]> {
  const name = `cold in ${engine}`;
  await core.client.machine.create({ name, isDemo: true, engine });
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    times.push(await startToShell(core, name));
    await core.client.machine.powerOff({ machine: name });
  }
  return times;
}

/** Boot, warm start, memory and idle processor use of the demo guest in the embedded engine. */
export async function benchBoot(): Promise<Row[]> {
  const core = await startRealCore(await makeHome());
  try {
    const cold = await startTimes(core, 'embedded');
    const raw = (await inTurn(RUNS, rawQemuMs)).filter((time) => time !== undefined);
    const throughCore = raw.length ? await startTimes(core, 'qemu') : [];
    await core.client.machine.create({ name: 'warm', isDemo: true, engine: 'embedded', keepsWarmStart: true });
    await startToShell(core, 'warm');
    await untilWarm(core, 'warm');
    const warm: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      await core.client.machine.powerOff({ machine: 'warm' });
      warm.push(await startToAnswer(core, 'warm'));
    }
    const idle = await idleUse(core, 'warm');
    const besideRaw = (times: number[]) =>
      raw.length
        ? `raw qemu-system-i386 (TCG): ${seconds(median(raw))}, ratio ${(median(times) / median(raw)).toFixed(2)}`
        : 'qemu-system-i386 is not installed: nothing to compare with';
    return [
      { what: 'start → shell, embedded engine', value: seconds(median(cold)), note: besideRaw(cold) },
      ...(throughCore.length
        ? [{ what: 'start → shell, QEMU engine', value: seconds(median(throughCore)), note: besideRaw(throughCore) }]
        : []),
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
