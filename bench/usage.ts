import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createApp } from '../src/main/app.ts';
import { openDatabase } from '../src/main/db/database.ts';
import { createUsageTable, type UsageTable } from '../src/main/db/usage-table.ts';
import { FakeEngine } from '../src/main/engines/fake/engine.ts';
import { createLog } from '../src/main/log.ts';
import { makePaths } from '../src/main/paths.ts';
import { readHistory } from '../src/main/usage/history.ts';
import { makeStatement } from '../src/main/usage/statement.ts';
import { MACHINES_SUBJECT, TIER_MS } from '../src/main/usage/usage-record.ts';
import type { EngineId } from '../src/shared/model/engine.ts';
import { FREE_OF_CHARGE } from '../src/shared/model/price.ts';
import { NO_USAGE } from '../src/shared/model/usage-quantities.ts';
import { median, milliseconds, type Row, timesMs } from './measure.ts';
import { coreLoadBeside } from './running-machines.ts';

const TICKS = 30;
const RUNS = 9;

/** Processor time of this program, in milliseconds. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const percent = (milliseconds: number): string => `${(milliseconds / 10).toFixed(2)} %`;

/** Milliseconds of processor that the core needs for one sample of so many machines that run. */
async function sampleCost(machines: number): Promise<number> {
  const home = await mkdtemp(path.join(tmpdir(), 'inn-'));
  const env = { ...process.env, INNKEEPER_HOME: path.join(home, 'data'), XDG_RUNTIME_DIR: home };
  const log = createLog(makePaths(env), 'silent');
  const app = await createApp({ env, log, engines: [new FakeEngine()] });
  try {
    const { services } = app;
    for (let index = 0; index < machines; index += 1) {
      const name = `m${index}`;
      const { id } = await services.machines.create({ name, engine: 'fake', memoryMiB: 4, diskSizeBytes: null });
      await services.runner.start(id, { isDisposable: false });
    }
    services.usage.stop(); // the bench takes the samples
    for (let tick = 0; tick < TICKS; tick += 1) await services.usage.tick();
    const before = processorMs();
    for (let tick = 0; tick < TICKS; tick += 1) await services.usage.tick();
    return (processorMs() - before) / TICKS;
  } finally {
    await app.close();
    await rm(home, { recursive: true, force: true });
  }
}

const NOW_MS = Date.parse('2026-03-01T00:00:00Z');
const YEAR_MS = 365 * TIER_MS.day;
const PRICES = { periods: [{ from: null, prices: FREE_OF_CHARGE }] };

/** A year of hours of so many machines that never stopped. */
function fillYear(table: UsageTable, machines: number): void {
  const usage = { ...NO_USAGE, runningMs: TIER_MS.hour, processorMicros: 1e9, memoryUsedMiBSeconds: 1e6 };
  for (let index = 0; index < machines; index += 1) {
    const subjectId = `machine-${index}`;
    const hours = Array.from({ length: YEAR_MS / TIER_MS.hour }, (_, hour) => ({
      ...{ subjectId, poolId: '', usage, peaks: { processorMilli: 1000, memoryBytes: 1e9, guestBytes: 0 } },
      startMs: NOW_MS - YEAR_MS + hour * TIER_MS.hour,
    }));
    const subjects = [{ id: subjectId, kind: 'machine', name: subjectId } as const];
    const sums = index === 0 ? hours.map((hour) => ({ ...hour, subjectId: MACHINES_SUBJECT })) : [];
    table.write({
      ...{
        minutes: [],
        hours: [...hours, ...sums],
        sessions: [],
        storage: [],
        endedSessions: [],
        goneStorage: [],
        subjects,
      },
    });
  }
}

async function queryCost(machines: number): Promise<Row[]> {
  const home = await mkdtemp(path.join(tmpdir(), 'inn-'));
  const db = openDatabase(path.join(home, 'innkeeper.db'));
  try {
    const table = createUsageTable(db);
    fillYear(table, machines);
    const span = { fromMs: NOW_MS - YEAR_MS, toMs: NOW_MS };
    const scope = { subjectId: 'machine-0' };
    const nameOf = (_: string, name: string) => ({ name, isGone: false });
    const chart = await timesMs(RUNS, async () => readHistory(table, { ...span, scope, points: 300, nowMs: NOW_MS }));
    const report = await timesMs(RUNS, async () =>
      makeStatement(table, { ...span, by: 'machine', prices: PRICES, nameOf }),
    );
    const days = await timesMs(RUNS, async () => makeStatement(table, { ...span, by: 'day', prices: PRICES, nameOf }));
    const what = `a year of ${machines} machines`;
    return [
      { what: `${what}: chart of one`, value: milliseconds(median(chart)), note: '300 points at most' },
      { what: `${what}: statement by machine`, value: milliseconds(median(report)), note: '' },
      { what: `${what}: statement by day`, value: milliseconds(median(days)), note: '365 lines' },
    ];
  } finally {
    db.close();
    await rm(home, { recursive: true, force: true });
  }
}

/** A hundred machines take 7 GiB of memory and some minutes to start: only who asks for them gets them. */
const MANY = process.env.INNKEEPER_BENCH_MANY === '1' ? [100] : [];

/** What machines that run add to what the core uses without any. */
async function realCosts(engine: EngineId, counts: readonly number[]): Promise<Row[]> {
  const [alone = Number.NaN, ...beside] = await coreLoadBeside(engine, [0, ...counts]);
  return counts.map((count, index) => ({
    what: `the whole core beside ${count} ${engine} machines that run`,
    value: percent((beside[index] ?? Number.NaN) - alone),
    note: `of one processor, beyond ${percent(alone)} without any: sampler, meter, allocation, idle policy`,
  }));
}

/** What metering costs, and how fast history answers. */
export async function benchUsage(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const machines of [1, 10, 100]) {
    rows.push({
      what: `sampling ${machines} machines each second`,
      value: percent(await sampleCost(machines)),
      note: 'of one processor; fake engine, metered and written',
    });
  }
  rows.push(...(await realCosts('embedded', [1, 10])), ...(await realCosts('qemu', [1, 10, ...MANY])));
  for (const machines of [10, 100]) rows.push(...(await queryCost(machines)));
  return rows;
}
