import { flushCompileCache } from 'node:module';
import { toErrorReport } from '../../shared/errors.ts';
import { captureConsole, log } from './process-log.ts';
import { Spawner } from './spawner.ts';
import { READY } from './spawner-words.ts';

/** How long what was written may take to go out to clients that read, in milliseconds. */
const FAREWELL_MS = 200;

export interface HouseProcess {
  /** What the process is of, for its log: `machine`. */
  subject: string;
  /** Who prints to the console, and who hears it beside the log. */
  console: { speaker: string; onWords?: (words: string) => void };
  /** Called when the core is gone before the process let go of it. */
  onHangUp(): void;
  /** Does everything until the sockets are open. */
  open(runtimeFolder: string, spawner: Spawner): Promise<void>;
}

/**
 * The beginning of every process of this house beside the core, `node main.ts <runtime folder>`: it waits until it is
 * written down, opens, and says that it is ready, or the error as JSON, and ends then.
 * @returns the core, to let go of it
 */
export async function beginHouseProcess({ subject, console, onHangUp, open }: HouseProcess): Promise<Spawner> {
  const [runtimeFolder = '.'] = process.argv.slice(2);
  const spawner = new Spawner(onHangUp);
  captureConsole(console.speaker, console.onWords);
  process.umask(0o077);
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {}); // meant for the program that started us
  try {
    await spawner.permission();
    await open(runtimeFolder, spawner);
  } catch (error) {
    log(`the ${subject} could not be started`, error);
    spawner.report(JSON.stringify(toErrorReport(error)));
    process.exit(1);
  }
  spawner.report(READY);
  flushCompileCache(); // otherwise written at the end of a process, which may be a kill
  return spawner;
}

/** Ends the process in order, when everything is closed or its clients have had their time. */
export async function endHouseProcess(closing: readonly (Promise<unknown> | undefined)[]): Promise<never> {
  await Promise.race([Promise.allSettled(closing), new Promise((resolve) => setTimeout(resolve, FAREWELL_MS))]);
  process.exit(0);
}
