import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openProcessCounters, type ProcessReader } from '../../src/main/engines/process-counters.ts';
import type { UsageQuantities } from '../../src/shared/model/usage-quantities.ts';
import { makeHome, type RealCore, startRealCore, tearDown } from '../support/real-core.ts';
import { GUEST_READY, SerialConsole } from '../support/serial-console.ts';

const ENGINES = ['embedded', 'qemu'] as const;
/** What the issue asks for: one in a hundred. */
const TOLERANCE = 0.01;
/** Processor time that a machine uses while no core runs: much, beside what a busy host may hide of its last moment. */
const UNWATCHED_SECONDS = 4;

let core: RealCore;

beforeAll(async () => {
  core = await startRealCore(await makeHome());
  for (const engine of ENGINES) await core.client.machine.create({ name: engine, isDemo: true, engine });
});
afterAll(() => tearDown(core));

/** Starts a machine whose guest works without a pause. */
async function startBusy(name: string): Promise<number> {
  const { pid } = await core.client.machine.start({ machine: name });
  await using serial = new SerialConsole(await core.connection.openChannel(name, 'serial'));
  await serial.expect(GUEST_READY);
  serial.send('while :; do :; done &');
  await serial.expect('#');
  return pid ?? 0;
}

/** Reads what the system counts for the process until the very end, and resolves with its last word. */
async function lastWordOf(reader: ProcessReader): Promise<number> {
  let seconds = 0;
  for (;;) {
    const read = reader.read();
    if (read === undefined) return seconds;
    seconds = read.processorSeconds;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Waits for samples of the core: so many times everything that runs has been charged. */
async function samples(count: number): Promise<void> {
  const begun = Date.now();
  let seen = 0;
  for await (const { at } of await core.client.usage.subscribe({})) {
    if (Date.parse(at) >= begun) seen += 1;
    if (seen >= count) return;
  }
}

async function usageOf(name: string): Promise<UsageQuantities> {
  const { lines } = await core.client.usage.report({ by: 'machine' });
  const line = lines.find((each) => each.name === name);
  if (!line) throw new Error(`'${name}' was not metered`);
  return line.usage;
}

describe('the meter, beside the accounts of the operating system', () => {
  it('agrees within one percent over whole runs, with the core killed in the middle', async () => {
    const pids = [await startBusy('embedded'), await startBusy('qemu')];
    const readers = pids.map((pid) => openProcessCounters(pid));
    await samples(2);
    await core.end('SIGKILL');
    const unwatched = readers.map((reader) => reader?.read()?.processorSeconds ?? 0);
    await Promise.all(readers.map((reader, index) => worksOn(reader, (unwatched[index] ?? 0) + UNWATCHED_SECONDS)));
    core = await startRealCore(core.home);
    await samples(2);
    // A guest that stands still uses nothing between the last look at its process and its end.
    for (const machine of ENGINES) await core.client.machine.pause({ machine });
    const ends = readers.map((reader) => (reader ? lastWordOf(reader) : Promise.reject(new Error('no process'))));
    await core.client.machine.powerOff({ machine: 'embedded' });
    await core.client.machine.powerOff({ machine: 'qemu' });
    await samples(2);
    for (const [index, name] of ENGINES.entries()) {
      const counted = (await ends[index]) ?? 0;
      const { processorMicros, runningMs } = await usageOf(name);
      expect(
        Math.abs(processorMicros / 1e6 / counted - 1),
        `${name}: ${processorMicros / 1e6} s of ${counted} s`,
      ).toBeLessThan(TOLERANCE);
      expect(runningMs / 1000).toBeGreaterThan(counted / 2);
    }
  });

  it('charges a machine that ended while no core ran by its final report', async () => {
    const before = (await usageOf('embedded')).processorMicros;
    const pid = await startBusy('embedded');
    const reader = openProcessCounters(pid);
    await samples(1);
    await core.end('SIGKILL');
    const end = reader ? lastWordOf(reader) : Promise.reject(new Error('no process'));
    await worksOn(reader, (reader?.read()?.processorSeconds ?? 0) + UNWATCHED_SECONDS);
    process.kill(pid, 'SIGTERM'); // in order: it flushes its disks and leaves its report
    const counted = await end;
    core = await startRealCore(core.home);
    await samples(1);
    const charged = ((await usageOf('embedded')).processorMicros - before) / 1e6;
    expect(Math.abs(charged / counted - 1), `${charged} s of ${counted} s`).toBeLessThan(TOLERANCE);
  });
});

/** Waits until the process has used so much processor time. */
async function worksOn(reader: ProcessReader | undefined, seconds: number): Promise<void> {
  for (;;) {
    const read = reader?.read();
    if (read === undefined) throw new Error('The process has ended.');
    if (read.processorSeconds >= seconds) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
