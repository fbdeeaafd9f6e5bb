import { Command } from 'commander';
import type { CliContext } from './command-parts/context.ts';
import { addDiskCommands } from './disks-and-snapshots/disk-commands.ts';
import { addSnapshotCommands } from './disks-and-snapshots/snapshot-commands.ts';
import { reportFailure } from './failure.ts';
import { addConsoleCommands } from './guests/console-commands.ts';
import { addGuestCommands } from './guests/guest-commands.ts';
import { addRunCommand } from './guests/run-command.ts';
import { addSshCommand } from './guests/ssh-command.ts';
import { addSetCommand } from './machine-settings/set-command.ts';
import { addActionCommands } from './machines/action-commands.ts';
import { addCreateCommand } from './machines/create-command.ts';
import { addGroupCommands } from './machines/group-commands.ts';
import { addInfoCommands } from './machines/info-commands.ts';
import { addStartCommand } from './machines/start-command.ts';
import { addForwardCommands } from './networks/forward-commands.ts';
import { addNetworkCommands } from './networks/network-commands.ts';
import { addPoolCommands } from './pools-and-usage/pool-commands.ts';
import { addTopCommand } from './pools-and-usage/top-command.ts';
import { addUsageCommands } from './pools-and-usage/usage-commands.ts';
import { addServeCommand } from './serve-command.ts';

/** The whole command line: one file per group of commands. */
export function createProgram(context: CliContext, version: string): Command {
  const program = new Command('inn')
    .description('Innkeeper: virtual machines on this computer')
    .version(version)
    .option('--json', 'print the answer, or the error, as JSON')
    .enablePositionalOptions() // what follows the machine of `inn ssh` is for ssh
    .showHelpAfterError('(`inn --help` lists the commands)')
    .exitOverride();
  addInfoCommands(program, context);
  addCreateCommand(program, context);
  addSetCommand(program, context);
  addStartCommand(program, context);
  addActionCommands(program, context);
  addGroupCommands(program, context);
  addConsoleCommands(program, context);
  addGuestCommands(program, context);
  addSnapshotCommands(program, context);
  addDiskCommands(program, context);
  addNetworkCommands(program, context);
  addForwardCommands(program, context);
  addSshCommand(program, context);
  addPoolCommands(program, context);
  addUsageCommands(program, context);
  addTopCommand(program, context);
  addServeCommand(program, context);
  addRunCommand(program, context);
  for (const command of everyCommand(program)) command.option('--json', 'print the answer, or the error, as JSON');
  return program;
}

/** Runs one command line and resolves its exit code; never throws. */
export async function runCommandLine(args: string[], context: CliContext, version: string): Promise<number> {
  const program = createProgram(context, version);
  for (const command of everyCommand(program)) command.exitOverride();
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (thrown) {
    return reportFailure(thrown, { json: args.includes('--json'), print: context.print });
  }
}

/** The commands below this one, those of `inn disk` and its like among them. */
function everyCommand({ commands }: Command): Command[] {
  return commands.flatMap((command) => [command, ...everyCommand(command)]);
}
