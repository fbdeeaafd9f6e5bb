import { format } from 'node:util';

/** Lines per span that the log takes: a guest can cause lines, and must not be able to fill the host's disk. */
const MAX_LINES = 200;
const SPAN_MS = 60_000;

let spanStartMs = Number.NEGATIVE_INFINITY;
let lineCount = 0;

/** One line of the process's log: whoever started it leads stderr there. Errors come with their stack. */
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

/**
 * Takes what is printed to the console into the log.
 * @param speaker who prints there
 * @param onWords hears what was printed, whole
 */
export function captureConsole(speaker: string, onWords?: (words: string) => void): void {
  const take = (...printed: unknown[]): void => {
    const words = format(...printed);
    onWords?.(words);
    log(`${speaker}: ${words.replaceAll('\n', ' ').slice(0, 1000)}`);
  };
  process.stderr.on('error', () => {}); // whoever read the log is gone: that is no reason to stop a guest
  Object.assign(console, { log: take, warn: take, error: take });
}
