import { open } from 'node:fs/promises';

/** How the system says that a process ended; known only to the program that started it. */
export interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
}

const TAIL_BYTES = 8192;
const NO_WORDS = /^\s*$|^\s+at |^Node\.js v/;

/** The last lines of a log that say something: no stack frames, no empty ones. Empty when there is no log. */
export async function readLogTail(file: string): Promise<string[]> {
  try {
    await using log = await open(file);
    const { size } = await log.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const { buffer, bytesRead } = await log.read({ buffer: Buffer.alloc(TAIL_BYTES), position: start });
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    if (start > 0) lines.shift(); // the first line is most likely cut
    return lines.filter((line) => !NO_WORDS.test(line)).map((line) => line.trim().slice(0, 500));
  } catch {
    return []; // a log that cannot be read only leaves the message without its quotation
  }
}
