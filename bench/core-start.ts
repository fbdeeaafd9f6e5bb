import { readFile, rm } from 'node:fs/promises';
import { makeHome, startRealCore } from '../tests/support/real-core.ts';
import { mebibytes, median, milliseconds, type Row, timeMs } from './measure.ts';

const RUNS = 3;

/** Time from spawning the core until a client has listed its machines, and the core's resident memory then. */
export async function benchCoreStart(counts: number[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const count of counts) rows.push(await withMachines(count));
  return rows;
}

async function withMachines(count: number): Promise<Row> {
  const home = await makeHome();
  const maker = await startRealCore(home);
  for (let index = 0; index < count; index += 1) {
    await maker.client.machine.create({
      name: `machine ${index}`,
      osType: 'linux-32',
      diskSizeBytes: null,
      engine: 'embedded',
    });
  }
  await maker.end();
  const times: number[] = [];
  let resident = 0;
  for (let run = 0; run < RUNS; run += 1) {
    times.push(
      await timeMs(async () => {
        const core = await startRealCore(home);
        const machines = await core.client.machine.list({});
        if (machines.length !== count) throw new Error(`expected ${count} machines, found ${machines.length}`);
        resident = await residentBytes(core.process.pid ?? 0);
        await core.end('SIGKILL');
      }),
    );
  }
  await rm(home, { recursive: true, force: true });
  return {
    what: `core start with ${count} machines`,
    value: milliseconds(median(times)),
    note: `memory ${mebibytes(resident)}`,
  };
}

/** VmRSS of a process in bytes (proc(5)); 0 where there is no /proc. */
async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
}
