import { Command } from 'commander';
import { addActionCommands } from './action-commands.ts';
import { addConsoleCommands } from './console-commands.ts';
import type { CliContext } from './context.ts';
import { addCreateCommand } from './create-command.ts';
import { addDiskCommands } from './disk-commands.ts';
import { reportFailure } from './failure.ts';
import { addForwardCommands } from './forward-commands.ts';
import { addGroupCommands } from './group-commands.ts';
import { addGuestCommands } from './guest-commands.ts';
import { addInfoCommands } from './info-commands.ts';
import { addNetworkCommands } from './network-commands.ts';
import { addPoolCommands } from './pool-commands.ts';
import { addRunCommand } from './run-command.ts';
import { addServeCommand } from './serve-command.ts';
import { addSetCommand } from './set-command.ts';
import { addSnapshotCommands } from './snapshot-commands.ts';
import { addSshCommand } from './ssh-command.ts';
import { addStartCommand } from './start-command.ts';
import { addTopCommand } from './top-command.ts';
import { addUsageCommands } from './usage-commands.ts';

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
