import type { Command } from 'commander';
import { contract } from '../../../shared/contract.ts';
import { describeState } from '../../../shared/machine-state.ts';
import type { Machine } from '../../../shared/model/machine.ts';
import { wholeNumber } from '../command-parts/arguments.ts';
import { choice } from '../command-parts/choice.ts';
import { type CliContext, show, withConnection } from '../command-parts/context.ts';
import { summaryOf } from '../command-parts/summary.ts';
import { watchTask } from '../command-parts/watch-task.ts';

const HOW = { save: 'saveState', shutdown: 'powerButton' } as const;

interface StopOptions {
  group: string;
  how: keyof typeof HOW;
  timeout: number;
}

/** `inn stop --group <path>`; `inn start --group` is with `inn start`. */
export function addGroupCommands(program: Command, context: CliContext): void {
  program
    .command('stop')
    .description(summaryOf(contract.group.stop))
    .requiredOption('--group <path>', 'the group, such as /Lab')
    .option('--how <how>', 'save or shutdown', choice(Object.keys(HOW) as (keyof typeof HOW)[]), 'save')
    .option('--timeout <seconds>', 'how long one machine may take to shut down', wholeNumber(1, 3600), 120)
    .action(async ({ group, how, timeout }: StopOptions, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const stopped = await watchTask(context, client, group, () =>
          client.group.stop({ group, how: HOW[how], timeoutSeconds: timeout }),
        );
        show(context, command, stopped, stateLines);
      });
    });
}

/** Starts a group and prints how its machines are. */
export async function startGroup(
  context: CliContext,
  command: Command,
  { group, timeout }: { group: string; timeout: number },
): Promise<void> {
  await withConnection(context, async ({ client }) => {
    const started = await watchTask(context, client, group, () =>
      client.group.start({ group, timeoutSeconds: timeout }),
    );
    for (const { config, warnings } of started) {
      for (const { message } of warnings) context.stderr.write(`inn: '${config.name}': ${message}\n`);
    }
    show(context, command, started, stateLines);
  });
}

const stateLines = (machines: Machine[]): string[] =>
  machines.map(({ config, state, reason }) => `${config.name}: ${describeState(state, reason)}`);
