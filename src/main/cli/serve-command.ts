import type { Command } from 'commander';
import { startCore } from '../start-core.ts';
import { wholeNumber } from './command-parts/arguments.ts';
import type { CliContext } from './command-parts/context.ts';

/** `inn serve`: a core without a window, until a signal ends it. Machines run on. */
export function addServeCommand(program: Command, context: CliContext): void {
  program
    .command('serve')
    .description('Run the core without a window, and print the address of the window and the API')
    .option('--port <n>', 'TCP port on 127.0.0.1; 0 takes any free one', wholeNumber(0, 65_535), 0)
    .action(async (options: { port: number }) => {
      const core = await startCore({ env: context.env, port: options.port });
      const signalled = new Promise<void>((resolve) => {
        process.once('SIGINT', resolve);
        process.once('SIGTERM', resolve);
      });
      // Printed once signals are caught: whoever reads the address may send one at once.
      for (const notice of core.notices) context.print(`Note: ${notice}`);
      context.print(`Innkeeper is at ${core.url}`);
      await signalled;
      await core.close();
    });
}
