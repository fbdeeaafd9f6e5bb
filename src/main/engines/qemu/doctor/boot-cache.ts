import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as z from 'zod';

/**
 * What was found out about programs of this host, kept in files of one folder until the host restarts or the program
 * changes: asking QEMU takes a fifth of a second, and every command of `inn` would ask.
 */
export class BootCache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * The value that was kept under this name for this program, or else a new one, which is kept.
   * @param isKept false for values that say nothing for the future, such as a failure
   */
  async get<T>(
    name: string,
    program: string,
    schema: z.ZodType<T>,
    find: () => Promise<T>,
    isKept: (value: T) => boolean = () => true,
  ): Promise<T> {
    const file = path.join(this.#folder, `${name}.json`);
    const key = await keyOf(program);
    const kept = await read(file, schema);
    if (kept?.key === key) return kept.value;
    const value = await find();
    if (isKept(value)) await this.#write(file, { key, value });
    return value;
  }

  async #write(file: string, content: object): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const aside = `${file}.${process.pid}`;
      await writeFile(aside, JSON.stringify(content), { mode: 0o600 });
      await rename(aside, file);
    } catch {
      // The next program finds out again.
    }
  }
}

async function read<T>(file: string, schema: z.ZodType<T>): Promise<{ key: string; value: T } | undefined> {
  try {
    const content: unknown = JSON.parse(await readFile(file, 'utf8'));
    return z.object({ key: z.string(), value: schema }).safeParse(content).data as
      | { key: string; value: T }
      | undefined;
  } catch {
    return undefined; // not found out yet, or cut off
  }
}

/** Names this run of the host and this file of the program: another version is another file. */
async function keyOf(program: string): Promise<string> {
  const file = await stat(program).catch(() => undefined);
  return JSON.stringify([await bootMark(), program, file?.size, file?.mtimeMs]);
}

/** On Linux the id of the boot, elsewhere the minute of the host's start. */
async function bootMark(): Promise<string> {
  const id = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined);
  return id?.trim() ?? String(Math.round((Date.now() - os.uptime() * 1000) / 60_000));
}
