import { programVersion } from '../program-folder.ts';
import { connectToAnyCore } from './connect.ts';
import { runCommandLine } from './program.ts';

// The core's own timers and sockets do not hold a process; the command that waits for them must.
const untilDone = setInterval(() => {}, 60_000);

/** The entry of `inn`. */
const exitCode = await runCommandLine(
  process.argv.slice(2),
  {
    connect: () => connectToAnyCore(process.env),
    print: (line) => process.stdout.write(`${line}\n`),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
  },
  programVersion(),
);
clearInterval(untilDone);
// Ends after what was printed has gone out; a stream that is still attached must not keep the command alive.
process.stdout.write('', () => process.exit(exitCode));
