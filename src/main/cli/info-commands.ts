import type { Command } from 'commander';
import { contract } from '../../shared/contract.ts';
import { type CliContext, show, withConnection } from './context.ts';
import { doctorLines, hostFields, machineFields, machineTable } from './print.ts';
import { summaryOf } from './summary.ts';

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
        show(context, command, await client.machine.get({ machine }), machineFields);
      });
    });
  program
    .command('host')
    .description(summaryOf(contract.host.info))
    .action(async (_options: object, command: Command) => {
      await withConnection(context, async ({ client }) => {
        show(context, command, await client.host.info({}), hostFields);
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
