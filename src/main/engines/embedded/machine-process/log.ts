import { format } from 'node:util';

/** Lines per span that the log takes: a guest can cause lines, and must not be able to fill the host's disk. */
const MAX_LINES = 200;
const SPAN_MS = 60_000;

let lastWords: string | undefined;
let spanStartMs = Number.NEGATIVE_INFINITY;
let lineCount = 0;

/** One line of the machine's log: the spawner leads stderr there. Errors come with their stack. */
export function log(message: string, error?: unknown): void {
  const now = performance.now();
  if (now - spanStartMs > SPAN_MS) {
    spanStartMs = now;
    lineCount = 0;
  }
  lineCount += 1;
  if (lineCount > MAX_LINES) return;
  const isLast = lineCount === MAX_LINES;
  const detail =
    error === undefined ? '' : `: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  const text = isLast ? 'more was said than a log should hold; the rest of this minute is left out' : message + detail;
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}

/** Takes what the emulator prints into the log. It says there why it fails, and then only throws `unreachable`. */
export function captureConsole(): void {
  const take = (...words: unknown[]): void => {
    lastWords = format(...words);
    log(`emulator: ${lastWords.replaceAll('\n', ' ').slice(0, 1000)}`);
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
