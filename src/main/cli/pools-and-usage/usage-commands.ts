import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { contract } from '../../../shared/contract.ts';
import { InnError } from '../../../shared/errors.ts';
import { type Prices, parseMoney } from '../../../shared/model/price.ts';
import type { BudgetStatus } from '../../../shared/model/usage-budget.ts';
import { memory, wholeNumber } from '../command-parts/arguments.ts';
import { choice } from '../command-parts/choice.ts';
import { type CliContext, show, wantsJson, withConnection } from '../command-parts/context.ts';
import { summaryOf } from '../command-parts/summary.ts';
import { adviceLines, budgetLines, priceLines, reportLines } from './usage-lines.ts';

/** `inn usage`, `inn advise`, `inn prices`, `inn budget`. */
export function addUsageCommands(program: Command, context: CliContext): void {
  addReport(program, context);
  addAdvise(program, context);
  addPrices(program, context);
  addBudgets(program, context);
}

interface ReportOptions {
  from?: string;
  to?: string;
  by: 'machine' | 'pool' | 'day' | 'month';
  csv?: boolean;
}

/** A day such as 2026-11-22, or a moment with its zone. */
function moment(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return text;
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw new InvalidArgumentError('It must be a day such as 2026-11-22, or a time such as 2026-11-22T08:00.');
}

function addReport(program: Command, context: CliContext): void {
  program
    .command('usage')
    .description(summaryOf(contract.usage.report))
    .option('--from <time>', 'by default the beginning of the month', moment)
    .option('--to <time>', 'by default now', moment)
    .option('--by <what>', 'machine, pool, day or month', choice(['machine', 'pool', 'day', 'month']), 'machine')
    .option('--csv', 'print comma-separated values')
    .action(async ({ from, to, by, csv }: ReportOptions, command: Command) => {
      const query = { by, ...(from && { from }), ...(to && { to }) };
      await withConnection(context, async ({ client }) => {
        if (csv && !wantsJson(command)) {
          const { text } = await client.usage.export({ ...query, format: 'csv' });
          context.print(text.trimEnd());
        } else show(context, command, await client.usage.report(query), reportLines);
      });
    });
}

function addAdvise(program: Command, context: CliContext): void {
  program
    .command('advise')
    .description(summaryOf(contract.usage.advise))
    .option('--memory <size>', 'of the kind of machine of which more should fit', memory)
    .option('--cpus <count>', 'of that kind', wholeNumber(1, 64))
    .option('--disk <GiB>', 'of that kind', wholeNumber(0, 65_536))
    .action(async (options: { memory?: number; cpus?: number; disk?: number }, command: Command) => {
      const kind = {
        ...(options.memory !== undefined && { memoryMiB: options.memory }),
        ...(options.cpus !== undefined && { processors: options.cpus }),
        ...(options.disk !== undefined && { storageGiB: options.disk }),
      };
      await withConnection(context, async ({ client }) => {
        show(context, command, await client.usage.advise(kind), adviceLines);
      });
    });
}

/** An amount of money as millionths. */
function money(text: string): number {
  const micros = parseMoney(text);
  if (micros !== undefined) return micros;
  throw new InvalidArgumentError('It must be an amount such as 0.0125, with six decimals at most.');
}

interface PriceOptions {
  currency?: string;
  cpu?: number;
  ram?: number;
  ramUsed?: number;
  disk?: number;
  net?: number;
  energy?: number;
  watts?: number;
  from?: string;
  sinceEver?: boolean;
}

function addPrices(program: Command, context: CliContext): void {
  const prices = program.command('prices').description(summaryOf(contract.usage.prices));
  prices.action(async (_options: object, command: Command) => {
    await withConnection(context, async ({ client }) => {
      show(context, command, await client.usage.prices({}), priceLines);
    });
  });
  prices
    .command('set')
    .description('Set prices; those that are not named stay')
    .option('--currency <code>', 'such as EUR')
    .option('--cpu <price>', 'per hour of a processor, as far as it was used', money)
    .option('--ram <price>', 'per GiB·hour of memory that was promised', money)
    .option('--ram-used <price>', 'per GiB·hour of memory that was used', money)
    .option('--disk <price>', 'per GiB·month on the disk', money)
    .option('--net <price>', 'per GiB in or out', money)
    .option('--energy <price>', 'per kWh, which are estimated', money)
    .option('--watts <watts>', 'what a busy processor draws', Number)
    .option('--from <time>', 'when they begin to hold; by default this hour', moment)
    .option('--since-ever', 'in place of all prices that held before')
    .action(async (options: PriceOptions, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const before = (await client.usage.prices({})).periods.at(-1)?.prices;
        if (!before) return;
        const from = options.sinceEver ? { from: null } : options.from ? { from: options.from } : {};
        const after = await client.usage.setPrices({ prices: changePrices(before, options), ...from });
        show(context, command, after, priceLines);
      });
    });
}

function changePrices(before: Prices, options: PriceOptions): Prices {
  return {
    currency: options.currency?.toUpperCase() ?? before.currency,
    processorHourMicros: options.cpu ?? before.processorHourMicros,
    promisedGiBHourMicros: options.ram ?? before.promisedGiBHourMicros,
    usedGiBHourMicros: options.ramUsed ?? before.usedGiBHourMicros,
    storageGiBMonthMicros: options.disk ?? before.storageGiBMonthMicros,
    networkGiBMicros: options.net ?? before.networkGiBMicros,
    energyKWhMicros: options.energy ?? before.energyKWhMicros,
    wattsPerProcessor: options.watts ?? before.wattsPerProcessor,
  };
}

function addBudgets(program: Command, context: CliContext): void {
  const budget = program.command('budget').description(summaryOf(contract.usage.budgets));
  budget.action(async (_options: object, command: Command) => {
    await withConnection(context, async ({ client }) => {
      show(context, command, await client.usage.budgets({}), budgetLines);
    });
  });
  budget
    .command('set <machine> <amount>')
    .description('What a machine, or a pool, may cost in a calendar month')
    .option('--pool', 'it is a pool')
    .option('--warn <percent>', 'give notice when so much is used', wholeNumber(1, 100), 80)
    .option('--save', 'save the state of machines that run on beyond it')
    .action(async (of: string, amount: string, options: { pool?: boolean; warn: number; save?: boolean }, command) => {
      const subject = options.pool ? ('pool' as const) : ('machine' as const);
      const limits = { amountMicros: money(amount), warnAtPercent: options.warn, savesAtLimit: options.save === true };
      await withConnection(context, async ({ client }) => {
        show(context, command, [await client.usage.setBudget({ of, subject, ...limits })], budgetLines);
      });
    });
  budget
    .command('remove <budget>')
    .description(summaryOf(contract.usage.removeBudget))
    .action(async (ref: string, _options: object, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const { budget } = findBudget(await client.usage.budgets({}), ref);
        await client.usage.removeBudget({ id: budget.id });
        show(context, command, {}, () => ['The budget is gone.']);
      });
    });
}

/** By its id, or by the name of its machine or pool. @throws InnError `INVALID_INPUT` for none, and for two of one name */
function findBudget(budgets: BudgetStatus[], ref: string): BudgetStatus {
  const found = budgets.filter(({ budget, name }) => budget.id === ref || name === ref);
  const [first] = found;
  if (first && found.length === 1) return first;
  throw new InnError(
    'INVALID_INPUT',
    first ? `A machine and a pool are called '${ref}'.` : `There is no budget of '${ref}'.`,
    {
      hint: '`inn budget` lists the budgets with their ids.',
    },
  );
}
