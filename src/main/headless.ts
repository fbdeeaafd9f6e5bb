import { parseArgs } from 'node:util';
import { ERROR_CODES, InnError, toErrorReport } from '../shared/errors.ts';
import { startCore } from './start-core.ts';

const USAGE = 'headless [--port N] [--data folder]';

/** The server entry: a core behind HTTP and WebSocket on 127.0.0.1, until a signal ends it. */
async function main(): Promise<void> {
  const { port, data } = readArguments();
  const { INNKEEPER_LAUNCH_TICKET: launchTicket, ...env } = process.env;
  delete process.env.INNKEEPER_LAUNCH_TICKET; // Machine processes shall not inherit it.
  if (data !== undefined) env.INNKEEPER_HOME = data;
  const core = await startCore({ env, port, launchTicket });
  let isClosing = false;
  const end = () => {
    if (isClosing) process.exit(1);
    isClosing = true;
    core.close().then(() => process.exit(0), fail);
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  // Last: whoever reads this may send a signal at once.
  for (const notice of core.notices) console.log(`Note: ${notice}`);
  console.log(`Innkeeper is at ${core.url}`);
}

function readArguments(): { port: number; data: string | undefined } {
  const values = parse();
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new InnError('INVALID_INPUT', `'${values.port}' is no port.`, { hint: 'Ports go from 0 (any) to 65535.' });
  }
  return { port, data: values.data };
}

function parse() {
  try {
    return parseArgs({ options: { port: { type: 'string', default: '0' }, data: { type: 'string' } } }).values;
  } catch (cause) {
    throw new InnError('INVALID_INPUT', (cause as Error).message, { hint: `Usage: ${USAGE}`, cause });
  }
}

/** Ends the program with the words and the exit code of the error. */
function fail(error: unknown): never {
  const { code, message, hint } = toErrorReport(error);
  console.error(`Innkeeper: ${message}`);
  if (hint) console.error(`           ${hint}`);
  process.exit(ERROR_CODES[code].exitCode);
}

main().catch(fail);
