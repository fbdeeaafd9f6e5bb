import { format } from 'node:util';

let lastWords: string | undefined;

/** One line of the machine's log: the spawner leads stderr there. Errors come with their stack. */
export function log(message: string, error?: unknown): void {
  const detail =
    error === undefined ? '' : `: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  process.stderr.write(`${new Date().toISOString()} ${message}${detail}\n`);
}

/** Takes what the emulator prints into the log. It says there why it fails, and then only throws `unreachable`. */
export function captureConsole(): void {
  const take = (...words: unknown[]): void => {
    lastWords = format(...words);
    log(`emulator: ${lastWords.replaceAll('\n', ' ')}`);
  };
  process.stderr.on('error', () => {}); // whoever read the log is gone: that is no reason to stop a guest
  Object.assign(console, { log: take, warn: take, error: take });
}

/** Why the emulator failed, in its own words if it had any. */
export function explainFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const panic = lastWords?.startsWith('panicked') ? lastWords.split('\n').at(-1) : undefined;
  return message === 'unreachable' && panic ? panic : message;
}
