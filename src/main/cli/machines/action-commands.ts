import type { Command } from 'commander';
import { contract } from '../../../shared/contract.ts';
import { describeState } from '../../../shared/machine-state.ts';
import type { Machine } from '../../../shared/model/machine.ts';
import { type CliContext, show, withConnection } from '../command-parts/context.ts';
import { summaryOf } from '../command-parts/summary.ts';

type ActionName =
  | 'pause'
  | 'resume'
  | 'reset'
  | 'powerButton'
  | 'powerOff'
  | 'saveState'
  | 'discardState'
  | 'keepWarmStart';

const VERBS: [command: string, action: ActionName][] = [
  ['pause', 'pause'],
  ['resume', 'resume'],
  ['reset', 'reset'],
  ['shutdown', 'powerButton'],
  ['poweroff', 'powerOff'],
  ['save', 'saveState'],
  ['discard', 'discardState'],
  ['keep', 'keepWarmStart'],
];

const stateLine = ({ config, state, reason }: Machine) => [`${config.name}: ${describeState(state, reason)}`];

/** `inn pause|resume|reset|shutdown|poweroff|save|discard|keep <machine>`, `inn remove`. */
export function addActionCommands(program: Command, context: CliContext): void {
  for (const [name, action] of VERBS) {
    program
      .command(`${name} <machine>`)
      .description(summaryOf(contract.machine[action]))
      .action(async (machine: string, _options: object, command: Command) => {
        await withConnection(context, async ({ client }) => {
          show(context, command, await client.machine[action]({ machine }), stateLine);
        });
      });
  }
  addRemove(program, context);
}

function addRemove(program: Command, context: CliContext): void {
  program
    .command('remove <machine>')
    .description(summaryOf(contract.machine.remove))
    .option('--delete-files', 'also delete its disks, saved state and logs', false)
    .action(async (machine: string, options: { deleteFiles: boolean }, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const removed = await client.machine.remove({ machine, deletesFiles: options.deleteFiles });
        show(context, command, removed, ({ deletedFiles }) => [
          `Removed '${machine}'.`,
          ...deletedFiles.map((file) => `Deleted ${file}`),
        ]);
      });
    });
}
