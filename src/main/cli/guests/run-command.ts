import type { Command } from 'commander';
import { can } from '../../../shared/machine-state.ts';
import type { Machine } from '../../../shared/model/machine.ts';
import type { InnClient } from '../../api/client-link.ts';
import { wholeNumber } from '../command-parts/arguments.ts';
import { type CliContext, withConnection } from '../command-parts/context.ts';
import { attachTerminal, runScript } from './serial.ts';

interface RunOptions {
  demo?: boolean;
  name: string;
  wait?: string;
  timeout: number;
}

/** The machine with this name, made when there is none. */
async function findOrCreate(client: InnClient, name: string): Promise<Machine> {
  const machines = await client.machine.list({});
  const found = machines.find(({ config }) => config.name === name);
  return found ?? (await client.machine.create({ name, isDemo: true, keepsWarmStart: true }));
}

/** `inn run --demo`: create, start and attach in one go. */
export function addRunCommand(program: Command, context: CliContext): void {
  program
    .command('run')
    .description('Create, start and attach in one go')
    .requiredOption('--demo', 'the guest that comes with Innkeeper')
    .option('--name <name>', 'name of the machine', 'demo')
    .option('--wait <text>', 'return when the guest has printed this, instead of attaching')
    .option('--timeout <seconds>', 'how long to wait for it', wholeNumber(1, 3600), 60)
    .action(async (options: RunOptions) => {
      await withConnection(context, async (connection) => {
        const machine = await findOrCreate(connection.client, options.name);
        if (can('start', machine.state)) await connection.client.machine.start({ machine: machine.id });
        if (can('resume', machine.state)) await connection.client.machine.resume({ machine: machine.id });
        await using stream = await connection.openChannel(machine.id, 'serial');
        if (options.wait === undefined) return await attachTerminal(stream, context, options.name);
        const onOutput = (text: string) => context.stdout.write(text);
        await runScript(stream, { wait: options.wait, timeoutMs: options.timeout * 1000, onOutput });
      });
    });
}
