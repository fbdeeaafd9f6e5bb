import { buffer } from 'node:stream/consumers';
import type { Command } from 'commander';
import { contract } from '../../../shared/contract.ts';
import type { GuestInfo } from '../../../shared/guest-contract.ts';
import { formatBytes } from '../../../shared/units.ts';
import { wholeNumber } from '../command-parts/arguments.ts';
import { type CliContext, show, wantsJson, withConnection } from '../command-parts/context.ts';
import { fields } from '../command-parts/print.ts';
import { summaryOf } from '../command-parts/summary.ts';
import { GuestExit } from './guest-exit.ts';

/** `inn guest <machine>` and `inn exec <machine> -- program arguments`. */
export function addGuestCommands(program: Command, context: CliContext): void {
  program
    .command('guest <machine>')
    .description(summaryOf(contract.machine.guest))
    .action(async (machine: string, _options: object, command: Command) => {
      await withConnection(context, async ({ client }) => {
        show(context, command, await client.machine.guest({ machine }), guestLines);
      });
    });
  addExec(program, context);
}

interface ExecOptions {
  timeout: number;
  input: boolean;
}

/** Its exit code is the program's, 128 and the signal when one ended it, as shells have it. */
function addExec(program: Command, context: CliContext): void {
  program
    .command('exec <machine> <argv...>')
    .description(`${summaryOf(contract.machine.exec)}: inn exec web -- ls -l /`)
    .option('--timeout <seconds>', 'how long the program may take', wholeNumber(1, 3600), 30)
    .option('-i, --input', 'give it what comes on standard input', false)
    .action(async (machine: string, argv: string[], options: ExecOptions, command: Command) => {
      const input = options.input ? await buffer(context.stdin) : Buffer.alloc(0);
      const result = await withConnection(context, ({ client }) =>
        client.machine.exec({
          ...{ machine, argv, timeoutMs: options.timeout * 1000 },
          inputBase64: input.toString('base64'),
        }),
      );
      if (wantsJson(command)) return context.print(JSON.stringify(result, null, 2));
      context.stdout.write(Buffer.from(result.outputBase64, 'base64'));
      process.stderr.write(Buffer.from(result.errorOutputBase64, 'base64'));
      const code = result.exitCode ?? 128 + (result.signal ?? 0);
      if (code !== 0) throw new GuestExit(code);
    });
}

function guestLines(info: GuestInfo): string[] {
  const { memory } = info;
  const bytes = (value: number | null) => (value === null ? null : formatBytes(value));
  const rows: [string, string | null][] = [
    ['Agent', info.isAgentConnected ? `connected (${info.agentVersion ?? 'unknown version'})` : info.agentReason],
    ['System', info.osName],
    ['Kernel', info.kernel],
    ['Host name', info.hostname],
    ...info.interfaces.map((each): [string, string] => [each.name, each.addresses.join(', ') || 'no address']),
    ['Memory of the guest', bytes(memory.balloonBytes)],
    ['Free in the guest', bytes(memory.freeBytes)],
  ];
  return fields(rows.flatMap(([name, value]) => (value === null ? [] : [[name, value] as [string, string]])));
}
