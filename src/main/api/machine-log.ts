import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InnError } from '../../shared/errors.ts';
import type { Machine } from '../../shared/model/machine.ts';

/** Enough for 5000 lines of the usual length, and little enough to send. */
const LONGEST_TAIL_BYTES = 768 * 1024;

/**
 * The last lines of the newest log in the machine's `logs` folder.
 * @throws InnError `FILE_NOT_FOUND` when the machine has none yet, `FILE_NOT_ACCESSIBLE`.
 */
export async function readMachineLog(machine: Machine, lines: number): Promise<{ file: string; text: string }> {
  const file = await newestLog(join(machine.folder, 'logs'));
  if (!file) {
    throw new InnError('FILE_NOT_FOUND', `'${machine.config.name}' has no log yet.`, {
      hint: 'Its first start makes one.',
      details: { path: join(machine.folder, 'logs') },
    });
  }
  try {
    return { file, text: lastLines(await readTail(file), lines) };
  } catch (cause) {
    throw new InnError('FILE_NOT_ACCESSIBLE', `The log '${file}' cannot be read.`, { details: { path: file }, cause });
  }
}

async function newestLog(folder: string): Promise<string | undefined> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.log'));
  const files = await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name);
      return { file, modifiedMs: (await stat(file).catch(() => undefined))?.mtimeMs ?? 0 };
    }),
  );
  return files.sort((a, b) => b.modifiedMs - a.modifiedMs)[0]?.file;
}

/** A log may have grown to gigabytes: only its end is read. */
async function readTail(file: string): Promise<string> {
  await using handle = await open(file, 'r');
  const { size } = await handle.stat();
  const length = Math.min(size, LONGEST_TAIL_BYTES);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
  return buffer.toString('utf8', 0, bytesRead);
}

function lastLines(text: string, lines: number): string {
  const hasNewline = text.endsWith('\n');
  const all = (hasNewline ? text.slice(0, -1) : text).split('\n');
  return all.slice(-lines).join('\n') + (hasNewline ? '\n' : '');
}
