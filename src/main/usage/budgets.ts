import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { MachineId } from '../../shared/model/machine.ts';
import { formatMoney, type PriceList } from '../../shared/model/price.ts';
import { Budget, BudgetId, type BudgetStatus } from '../../shared/model/usage-budget.ts';
import type { SetBudgetInput } from '../../shared/usage-contract.ts';
import type { SettingTable } from '../db/setting-table.ts';
import type { UsageScope, UsageTable } from '../db/usage-table.ts';
import { startOfMonth, startOfNextMonth } from './calendar.ts';
import type { MeteredMachine } from './metering.ts';
import type { UsageNames } from './names.ts';
import { makeStatement } from './statement.ts';

const BUDGETS = { key: 'usage.budgets', schema: z.array(Budget), usual: [] as Budget[] };
/** What was told already, so that a new program does not tell it again: budget, month, level; and runs that were saved. */
const NOTICES = { key: 'usage.budgetNotices', schema: z.array(z.string()), usual: [] as string[] };

export interface BudgetDeps {
  settings: SettingTable;
  table: Pick<UsageTable, 'totals'>;
  names: UsageNames;
  prices(): PriceList;
  machines(): MeteredMachine[];
  nowMs(): number;
  /** Tells the user, as a task that is done. */
  notify(message: string, machineId: MachineId | null): void;
  /** Saves the state of a machine that runs; a task tells how that goes. */
  saveState(id: MachineId, why: string): Promise<unknown>;
}

export interface Budgets {
  list(): BudgetStatus[];
  /** @throws InnError `MACHINE_NOT_FOUND`, `POOL_NOT_FOUND` when there is no such machine or pool */
  set(input: SetBudgetInput): BudgetStatus;
  remove(id: BudgetId): void;
  /** Gives notice of budgets that are nearly or wholly used, once a month each, and saves machines that are to be saved. */
  watch(): Promise<void>;
}

/** Budgets of machines and pools. A pool's covers the pools below it, as they are now. */
export function createBudgets(deps: BudgetDeps): Budgets {
  const { settings, names } = deps;
  const all = () => settings.get(BUDGETS);
  return {
    list: () => all().map((budget) => statusOf(deps, budget)),
    set({ of, id, ...rest }) {
      const subjectId = names[rest.subject](of).id;
      const others = all();
      const same = others.find((each) => each.id === id) ?? others.find((each) => each.subjectId === subjectId);
      const budget = { ...rest, subjectId, id: same?.id ?? BudgetId.parse(id ?? randomUUID()) };
      settings.set(BUDGETS, [...others.filter((each) => each.id !== budget.id), budget]);
      return statusOf(deps, budget);
    },
    remove: (id) =>
      settings.set(
        BUDGETS,
        all().filter((each) => each.id !== id),
      ),
    async watch() {
      for (const budget of all()) await watchOne(deps, statusOf(deps, budget));
    },
  };
}

function scopeOf({ names }: BudgetDeps, { subject, subjectId }: Budget): UsageScope {
  return subject === 'machine' ? { subjectId } : { poolIds: names.poolAndBelow(subjectId) };
}

function statusOf(deps: BudgetDeps, budget: Budget): BudgetStatus {
  const { names, table } = deps;
  const nowMs = deps.nowMs();
  const sinceMs = startOfMonth(nowMs);
  const request = { fromMs: sinceMs, toMs: nowMs, by: 'machine', prices: deps.prices() } as const;
  const nameOf = names.nameOf;
  const { total, currency } = makeStatement(table, { ...request, nameOf, scope: scopeOf(deps, budget) });
  const spentMicros = total.costMicros;
  const percent = (spentMicros / budget.amountMicros) * 100;
  const part = (nowMs - sinceMs) / (startOfNextMonth(nowMs) - sinceMs);
  return {
    budget,
    name: names.nameOf(budget.subject, budget.subjectId).name,
    currency,
    since: new Date(sinceMs).toISOString(),
    spentMicros,
    percent,
    level: percent >= 100 ? 'over' : percent >= budget.warnAtPercent ? 'warning' : 'ok',
    forecastMicros: Math.round(spentMicros / Math.max(part, 0.001)),
  };
}

async function watchOne(deps: BudgetDeps, status: BudgetStatus): Promise<void> {
  const { budget, level, name, spentMicros, currency, since } = status;
  if (level === 'ok') return;
  const whose = budget.subject === 'machine' ? `'${name}'` : `The pool '${name}'`;
  const spent = `${formatMoney(spentMicros, currency)} of ${formatMoney(budget.amountMicros, currency)}`;
  const message = `${whose} has used ${Math.floor(status.percent)} % of its budget of this month (${spent})`;
  const machineId = budget.subject === 'machine' ? (budget.subjectId as Budget['subjectId'] & MachineId) : null;
  once(deps, `${budget.id} ${since} ${level} ${budget.amountMicros}`, () => deps.notify(message, machineId));
  if (level !== 'over' || !budget.savesAtLimit) return;
  for (const machine of machinesOf(deps, budget)) {
    const isNew = once(deps, `${budget.id} saved ${machine.session}`, () => undefined);
    if (isNew) await deps.saveState(machine.id, `the budget of ${whose} for this month is used up`);
  }
}

/** The machines under the budget that run. */
function machinesOf({ machines, names }: BudgetDeps, { subject, subjectId }: Budget): MeteredMachine[] {
  const pools = subject === 'pool' ? names.poolAndBelow(subjectId) : [];
  const isMeant = ({ id, poolId }: MeteredMachine) =>
    subject === 'machine' ? id === subjectId : pools.includes(poolId);
  return machines().filter((machine) => machine.session !== null && isMeant(machine));
}

const REMEMBERED_NOTICES = 500;

/** Does it unless it was done under this key before; true when it was done now. */
function once({ settings }: BudgetDeps, key: string, act: () => void): boolean {
  const told = settings.get(NOTICES);
  if (told.includes(key)) return false;
  settings.set(NOTICES, [...told, key].slice(-REMEMBERED_NOTICES));
  act();
  return true;
}
