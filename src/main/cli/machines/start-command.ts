import type { Command } from 'commander';
import { contract } from '../../../shared/contract.ts';
import { describeState, isRest } from '../../../shared/machine-state.ts';
import type { PlanKind } from '../../../shared/model/admission.ts';
import type { Machine } from '../../../shared/model/machine.ts';
import type { InnClient } from '../../api/client-link.ts';
import { wholeNumber } from '../command-parts/arguments.ts';
import { choice } from '../command-parts/choice.ts';
import { type CliContext, show, withConnection } from '../command-parts/context.ts';
import { summaryOf } from '../command-parts/summary.ts';
import { watchTask } from '../command-parts/watch-task.ts';
import { runScript } from '../guests/serial.ts';
import { OPTION } from './admission-lines.ts';
import { startGroup } from './group-commands.ts';

type MakeRoom = (typeof OPTION)[PlanKind];

interface StartCommandOptions {
  group?: string;
  waitSerial?: string;
  timeout: number;
  disposable: boolean;
  makeRoom?: MakeRoom;
}

const ROOM_CHOICES = Object.values(OPTION);

/** `inn start <machine>`, also where there is no room for it yet. */
export function addStartCommand(program: Command, context: CliContext): void {
  program
    .command('start [machine]')
    .description(summaryOf(contract.machine.start))
    .option('--group <path>', 'start all machines of a group in their start order, instead of one')
    .option('--wait-serial <text>', 'return when the guest has printed this on its serial port')
    .option('--disposable', 'throw all changes to its disks away when it is powered off', false)
    .option('--make-room <how>', `when it does not fit: ${ROOM_CHOICES.join(', ')}`, choice(ROOM_CHOICES))
    .option('--timeout <seconds>', 'how long to wait for it', wholeNumber(1, 3600), 60)
    .action(async (named: string | undefined, options: StartCommandOptions, command: Command) => {
      const { group, timeout } = options;
      if ((named === undefined) === (group === undefined)) {
        command.error('error: name a machine, or a group with --group, and not both', { exitCode: 2 });
      }
      if (group !== undefined) return startGroup(context, command, { group, timeout });
      const machine = named ?? '';
      await withConnection(context, async (connection) => {
        const { client } = connection;
        const started = await start(context, client, machine, options);
        if (options.waitSerial !== undefined && !isRest(started.state)) {
          await using stream = await connection.openChannel(machine, 'serial');
          await runScript(stream, { wait: options.waitSerial, timeoutMs: options.timeout * 1000, onOutput: () => {} });
        }
        show(context, command, await client.machine.get({ machine: started.id }), lines);
      });
    });
}

async function start(
  context: CliContext,
  client: InnClient,
  machine: string,
  { disposable: isDisposable, makeRoom }: StartCommandOptions,
): Promise<Machine> {
  const { verdict, warnings } = await client.admission.check({ machine });
  for (const { message } of warnings) context.stderr.write(`inn: ${message}\n`);
  const kind = planKindOf(makeRoom);
  if (kind === undefined || verdict !== 'refused') return client.machine.start({ machine, isDisposable });
  const { config } = await client.machine.get({ machine });
  return watchTask(context, client, config.name, () =>
    client.admission.startWith({ machine, choice: kind, isDisposable }),
  );
}

function planKindOf(makeRoom: MakeRoom | undefined): PlanKind | undefined {
  return (Object.keys(OPTION) as PlanKind[]).find((kind) => OPTION[kind] === makeRoom);
}

const lines = ({ config, state, reason }: Machine) => [
  isRest(state)
    ? `${config.name}: waits for room, and starts as soon as it fits while Innkeeper runs`
    : `${config.name}: ${describeState(state, reason)}`,
];
