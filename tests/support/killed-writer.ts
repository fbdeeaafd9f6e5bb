import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * Runs a writer of this folder, which tells a number with each flush, until it has told `flushes` of them, and kills it.
 * @returns the last number that it told
 */
export async function killAfter(flushes: number, script: string, args: readonly string[]): Promise<number> {
  const writer = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(writer, 'exit');
  let told = 0;
  let last = 0;
  for await (const line of createInterface({ input: writer.stdout })) {
    last = Number(line);
    told += 1;
    if (told === flushes) writer.kill('SIGKILL');
  }
  const [, signal] = await gone;
  if (signal !== 'SIGKILL') throw new Error(`The writer ended before it was killed, after ${told} flushes.`);
  return last;
}
