import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { contract } from '../../../shared/contract.ts';
import { unescapeText, wholeNumber } from '../command-parts/arguments.ts';
import { type CliContext, show, wantsJson, withConnection } from '../command-parts/context.ts';
import { summaryOf } from '../command-parts/summary.ts';
import { attachTerminal, runScript } from './serial.ts';

interface SerialOptions {
  send?: string;
  wait?: string;
  timeout: number;
}

/** `inn serial`, `inn screenshot`, `inn type`. */
export function addConsoleCommands(program: Command, context: CliContext): void {
  addSerial(program, context);
  program
    .command('screenshot <machine> <file>')
    .description(summaryOf(contract.machine.screenshot))
    .action(async (machine: string, file: string, _options: object, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const { width, height, pngBase64 } = await client.machine.screenshot({ machine });
        const target = path.resolve(file);
        await writeFile(`${target}.part`, Buffer.from(pngBase64, 'base64'));
        await rename(`${target}.part`, target);
        show(context, command, { file: target, width, height }, () => [`${target} (${width} × ${height})`]);
      });
    });
  program
    .command('type <machine> <text>')
    .description(`${summaryOf(contract.machine.type)}; \\n is Enter`)
    .action(async (machine: string, text: string, _options: object, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const typed = unescapeText(text);
        await client.machine.type({ machine, text: typed });
        show(context, command, { typed: typed.length }, () => []);
      });
    });
}

function addSerial(program: Command, context: CliContext): void {
  program
    .command('serial <machine>')
    .description('Attach to the serial console; with --send or --wait it is scripted and returns by itself')
    .option('--send <text>', 'send this and Enter')
    .option('--wait <text>', 'return when the guest has printed this')
    .option('--timeout <seconds>', 'how long to wait', wholeNumber(1, 3600), 60)
    .action(async (machine: string, options: SerialOptions, command: Command) => {
      await withConnection(context, async (connection) => {
        await using stream = await connection.openChannel(machine, 'serial');
        if (options.send === undefined && options.wait === undefined) {
          return await attachTerminal(stream, context, machine);
        }
        let output = '';
        const isJson = wantsJson(command);
        await runScript(stream, {
          send: options.send === undefined ? undefined : unescapeText(options.send),
          wait: options.wait,
          timeoutMs: options.timeout * 1000,
          onOutput: (text) => {
            output += text;
            if (!isJson) context.stdout.write(text);
          },
        });
        show(context, command, { output }, () => []);
      });
    });
}
