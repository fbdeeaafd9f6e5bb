import type { Command } from 'commander';
import { contract } from '../../../shared/contract.ts';
import { isOnline } from '../../../shared/machine-state.ts';
import { wholeNumber } from '../command-parts/arguments.ts';
import { type CliContext, show, withConnection } from '../command-parts/context.ts';
import { doctorLines, hostFields, machineFields, machineTable } from '../command-parts/print.ts';
import { summaryOf } from '../command-parts/summary.ts';
import { memoryWarnings } from '../pools-and-usage/memory-lines.ts';
import { budgetFields } from '../pools-and-usage/pool-lines.ts';

/** `inn list`, `inn info <machine>`, `inn host`, `inn doctor`, `inn log <machine>`. */
export function addInfoCommands(program: Command, context: CliContext): void {
  program
    .command('list')
    .alias('ls')
    .description(summaryOf(contract.machine.list))
    .action(async (_options: object, command: Command) => {
      await withConnection(context, async ({ client }) => {
        show(context, command, await client.machine.list({}), machineTable);
      });
    });
  program
    .command('info <machine>')
    .description(summaryOf(contract.machine.get))
    .action(async (machine: string, _options: object, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const found = await client.machine.get({ machine });
        const warnings = isOnline(found.state) ? memoryWarnings(await client.usage.latest({}), [found]) : [];
        show(context, command, found, () => [...machineFields(found), ...warnings]);
      });
    });
  program
    .command('host')
    .description('The computer, what it has left, and what it has promised to machines')
    .option('--reserve-cpu <percent>', 'processors that are kept for the host itself', wholeNumber(0, 95))
    .option('--reserve-memory <percent>', 'memory that is kept for the host itself', wholeNumber(0, 95))
    .action(async (options: { reserveCpu?: number; reserveMemory?: number }, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const { reserveCpu: processorPercent, reserveMemory: memoryPercent } = options;
        const isChange = processorPercent !== undefined || memoryPercent !== undefined;
        const budget = isChange
          ? await client.pool.setReserve({ processorPercent, memoryPercent })
          : await client.pool.budget({});
        const host = await client.host.info({});
        show(context, command, { ...host, budget }, () => [...hostFields(host), ...budgetFields(budget)]);
      });
    });
  program
    .command('doctor')
    .description(summaryOf(contract.host.doctor))
    .action(async (_options: object, command: Command) => {
      await withConnection(context, async ({ client }) => {
        show(context, command, await client.host.doctor({}), doctorLines);
      });
    });
  program
    .command('log <machine>')
    .description(summaryOf(contract.machine.log))
    .action(async (machine: string, _options: object, command: Command) => {
      await withConnection(context, async ({ client }) => {
        show(context, command, await client.machine.log({ machine }), ({ text }) => [text.trimEnd()]);
      });
    });
}
