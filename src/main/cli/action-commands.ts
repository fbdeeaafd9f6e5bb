import type { Command } from 'commander';
import { contract } from '../../shared/contract.ts';
import { describeState } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import type { InnClient } from '../api/client-link.ts';
import { wholeNumber } from './arguments.ts';
import { type CliContext, show, withConnection } from './context.ts';
import { runScript } from './serial.ts';
import { summaryOf } from './summary.ts';

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

/** `inn pause|resume|reset|shutdown|poweroff|save|discard|keep <machine>`, `inn start`, `inn remove`. */
export function addActionCommands(program: Command, context: CliContext): void {
  addStart(program, context);
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

interface StartCommandOptions {
  waitSerial?: string;
  timeout: number;
  disposable: boolean;
}

function addStart(program: Command, context: CliContext): void {
  program
    .command('start <machine>')
    .description(summaryOf(contract.machine.start))
    .option('--wait-serial <text>', 'return when the guest has printed this on its serial port')
    .option('--disposable', 'throw all changes to its disks away when it is powered off', false)
    .option('--timeout <seconds>', 'how long to wait for it', wholeNumber(1, 3600), 60)
    .action(async (machine: string, options: StartCommandOptions, command: Command) => {
      await withConnection(context, async (connection) => {
        const started = await connection.client.machine.start({ machine, isDisposable: options.disposable });
        if (options.waitSerial !== undefined) {
          await using stream = await connection.openChannel(machine, 'serial');
          await runScript(stream, { wait: options.waitSerial, timeoutMs: options.timeout * 1000, onOutput: () => {} });
        }
        show(context, command, await latest(connection.client, started), stateLine);
      });
    });
}

const latest = (client: InnClient, { id }: Machine) => client.machine.get({ machine: id });

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
