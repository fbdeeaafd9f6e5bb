import { InnError } from '../../shared/errors.ts';
import type { Machine, MachineId } from '../../shared/model/machine.ts';
import type { PriceList } from '../../shared/model/price.ts';
import type { UsageSample } from '../../shared/model/usage.ts';
import type { MachineKind, UsageAdvice } from '../../shared/model/usage-advice.ts';
import type { BudgetId, BudgetStatus } from '../../shared/model/usage-budget.ts';
import type { UsageHistory } from '../../shared/model/usage-history.ts';
import type { UsageReport } from '../../shared/model/usage-report.ts';
import type { HistoryQuery, ReportQuery, SetBudgetInput, SetPricesInput } from '../../shared/usage-contract.ts';
import type { SettingTable } from '../db/setting-table.ts';
import type { UsageTable } from '../db/usage-table.ts';
import type { HostCapacity } from '../hypervisor/host-capacity.ts';
import { type AdviceSources, adviseOn } from './advised-machines.ts';
import { advise } from './advisor.ts';
import { type Budgets, createBudgets } from './budgets.ts';
import { parseMoment, startOfMonth } from './calendar.ts';
import { type ExportedReport, exportReport } from './export-report.ts';
import { createFolderMeter, type FolderMeter } from './folder-meter.ts';
import { historyOfSamples, hostPoint, machinesPoint, readHistory } from './history.ts';
import type { HostCounters } from './host-counters.ts';
import { type MeteredMachine, Metering, type MeteringDeps } from './metering.ts';
import { createNames, type KnownPool, type UsageNames } from './names.ts';
import { createPriceBook, type PriceBook } from './price-book.ts';
import type { MachineReading } from './rates.ts';
import { createSampler, type Sampler } from './sampler.ts';
import { makeStatement } from './statement.ts';
import { HOST_SUBJECT, MACHINES_SUBJECT, TIER_MS } from './usage-record.ts';

export interface UsageServiceDeps {
  table: UsageTable;
  settings: SettingTable;
  /** All machines, with their present sessions. */
  machines(): MeteredMachine[];
  pools(): KnownPool[];
  advice: AdviceSources;
  counters(): HostCounters;
  capacity(): Promise<HostCapacity>;
  readings(): Promise<MachineReading[]>;
  measureFolder(id: MachineId): Promise<number>;
  readFinalReport: MeteringDeps['readFinalReport'];
  /** Tells the user something, as a task that is done. */
  notify(message: string, machineId: MachineId | null): void;
  saveState(id: MachineId, why: string): Promise<unknown>;
  nowMs(): number;
  monotonicMs(): number;
  onError(error: unknown): void;
}

export interface UsageService extends Sampler {
  /** Closes the books of machines that ended while no program watched. Call once, before machines are started. */
  open(): Promise<void>;
  /** Takes a last reading, and writes everything that was charged. */
  close(): Promise<void>;
  /** @throws InnError `INVALID_CONFIG` for a time that ends before it begins; so do the reports */
  history(query: HistoryQuery): UsageHistory;
  report(query: ReportQuery): UsageReport;
  exportReport(query: ReportQuery, format: 'csv' | 'json'): ExportedReport;
  prices(): PriceList;
  setPrices(input: SetPricesInput): PriceList;
  budgets(): BudgetStatus[];
  setBudget(input: SetBudgetInput): BudgetStatus;
  removeBudget(id: BudgetId): void;
  advise(kind: MachineKind): Promise<UsageAdvice>;
}

const BUDGET_INTERVAL_MS = 60_000;
/** What samples in memory cover. */
const SECONDS_MS = 600_000;

/** Sampler, meter, history, prices, budgets and advice: all that the program knows of what is used. */
export function createUsageService(deps: UsageServiceDeps): UsageService {
  const names = createNames(deps);
  const prices = createPriceBook(deps.settings, deps.nowMs);
  const metering = new Metering(deps);
  const folders = createFolderMeter(
    {
      machines: () => deps.machines().map(({ id }) => id),
      measure: deps.measureFolder,
      monotonicMs: deps.monotonicMs,
    },
    (id, bytes) => metering.noteFolder(id, bytes),
  );
  const budgets = createBudgets({ ...deps, names, prices: () => prices.list() });
  const sampler = createMeteredSampler(deps, metering, folders, budgets);
  return {
    ...sampler,
    open: () => metering.open(),
    async close() {
      sampler.stop();
      await sampler.tick().catch(deps.onError);
      await folders.settled();
      metering.flush();
    },
    ...createQueries(deps, { metering, folders, names, prices, sampler }),
    prices: () => prices.list(),
    setPrices: (input) => prices.set(input.prices, input.from),
    budgets() {
      metering.flush();
      return budgets.list();
    },
    setBudget: (input) => {
      metering.flush();
      const status = budgets.set(input);
      void budgets.watch().catch(deps.onError); // one that is used up already tells so now
      return status;
    },
    removeBudget: (id) => budgets.remove(id),
  };
}

function createMeteredSampler(
  deps: UsageServiceDeps,
  metering: Metering,
  folders: FolderMeter,
  budgets: Budgets,
): Sampler {
  let watchedAtMs = deps.monotonicMs();
  return createSampler(
    {
      counters: deps.counters,
      capacity: deps.capacity,
      machines: deps.readings,
      storageByMachinesBytes: () => folders.totalBytes(),
      monotonicMs: deps.monotonicMs,
      now: () => new Date(deps.nowMs()),
      async meter(reading) {
        folders.tick();
        await metering.take(reading);
        if (reading.atMs - watchedAtMs < BUDGET_INTERVAL_MS) return;
        watchedAtMs = reading.atMs;
        metering.flush();
        void budgets.watch().catch(deps.onError); // a save takes its time; the next reading does not wait for it
      },
    },
    deps.onError,
  );
}

interface Parts {
  metering: Metering;
  folders: FolderMeter;
  names: UsageNames;
  prices: PriceBook;
  sampler: Sampler;
}

/** @throws InnError `INVALID_CONFIG` for a time that ends before it begins */
function assertOrder(from: string | undefined, to: string | undefined): void {
  if (from === undefined || to === undefined || parseMoment(from) <= parseMoment(to)) return;
  throw new InnError('INVALID_CONFIG', `The time from ${from} to ${to} ends before it begins.`, {
    hint: 'Give the earlier moment first.',
  });
}

function createQueries(
  deps: UsageServiceDeps,
  { metering, folders, names, prices, sampler }: Parts,
): Pick<UsageService, 'history' | 'report' | 'exportReport' | 'advise'> {
  const report = ({ from, to, by }: ReportQuery): UsageReport => {
    assertOrder(from, to);
    metering.flush();
    const toMs = to === undefined ? deps.nowMs() : parseMoment(to);
    const fromMs = from === undefined ? startOfMonth(Math.min(toMs, deps.nowMs())) : parseMoment(from);
    return makeStatement(deps.table, { fromMs, toMs, by, prices: prices.list(), nameOf: names.nameOf });
  };
  return {
    history({ subject, id = '', from, to, points }) {
      assertOrder(from, to);
      const nowMs = deps.nowMs();
      const toMs = Math.min(nowMs, to === undefined ? nowMs : parseMoment(to));
      const fromMs = from === undefined ? toMs - SECONDS_MS : parseMoment(from);
      const chosen = idOf(names, subject, id);
      const span = { fromMs, toMs, points };
      // A minute of grace: who asks for the last ten minutes reckoned them a moment ago, on another clock perhaps.
      if (fromMs >= nowMs - SECONDS_MS - TIER_MS.minute && (toMs - fromMs) / points < TIER_MS.minute) {
        return historyOfSamples(sampler.recent(), pointOf(deps, folders, names, subject, chosen), span);
      }
      metering.flush();
      const scope = subject === 'pool' ? { poolIds: names.poolAndBelow(chosen) } : { subjectId: chosen };
      return readHistory(deps.table, { scope, ...span, nowMs });
    },
    report,
    exportReport: (query, format) => exportReport(report(query), format),
    async advise(kind) {
      metering.flush();
      const machines = adviseOn(deps.advice, deps.table, (id) => folders.bytesOf(id) ?? 0, deps.nowMs());
      const { host } = await sampler.latest();
      const { memoryAvailableBytes, storageFreeBytes, processorsTotal } = host;
      const busy = averageOf(sampler.recent().map((sample) => sample.host.processorUse));
      const left = { memoryAvailableBytes, storageFreeBytes, processorsFree: processorsTotal - busy };
      return advise(machines, left, kind, deps.nowMs());
    },
  };
}

function idOf(names: UsageNames, subject: HistoryQuery['subject'], ref: string): string {
  if (subject === 'host') return HOST_SUBJECT;
  return subject === 'machines' ? MACHINES_SUBJECT : names[subject](ref).id;
}

const averageOf = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / (values.length || 1);

function pointOf(
  deps: UsageServiceDeps,
  folders: FolderMeter,
  names: UsageNames,
  subject: HistoryQuery['subject'],
  id: string,
): (sample: UsageSample) => ReturnType<typeof hostPoint> | undefined {
  if (subject === 'host') return hostPoint;
  const pools = subject === 'pool' ? names.poolAndBelow(id) : [];
  const isMeant = (machine: MeteredMachine) =>
    subject === 'pool' ? pools.includes(machine.poolId) : machine.id === id;
  const machines = deps.machines().filter(isMeant);
  const bytes = machines.reduce((sum, machine) => sum + (folders.bytesOf(machine.id) ?? 0), 0);
  return machinesPoint(new Set<string>(machines.map((machine: { id: Machine['id'] }) => machine.id)), bytes);
}
