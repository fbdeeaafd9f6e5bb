import { spawn } from 'node:child_process';
import { InnError } from '../../shared/errors.ts';
import { errnoOf, fileError } from '../file-error.ts';
import type { CopyOptions } from './formats/copy-image.ts';

export interface QemuImgOptions extends Pick<CopyOptions, 'signal'> {
  /** Called with the part that is done, from 0 to 1, where the command tells it (`-p`). */
  onProgress?: (fraction: number) => void;
  /** Where programs are looked for; absent: as the system does. */
  searchPath?: string;
}

const MAX_ERROR_LENGTH = 2000;

/**
 * Runs `qemu-img` where it is installed. It believes what an image says of its format and of other files, so it may only be
 * given images that were made here, and their format with them.
 * @param path of the file that it makes, for errors.
 * @throws InnError `NOT_SUPPORTED` when it is not installed, `DISK_FULL`, `CANCELLED`, `FILE_NOT_ACCESSIBLE` with what it printed.
 */
export async function runQemuImg(path: string, args: readonly string[], options: QemuImgOptions = {}): Promise<void> {
  const { signal, onProgress, searchPath = process.env.PATH } = options;
  const end = await new Promise<{ code: number | null; printed: string }>((resolve, reject) => {
    const env = { ...process.env, PATH: searchPath, LC_ALL: 'C' };
    const child = spawn('qemu-img', args, { env, signal, killSignal: 'SIGKILL', stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const fraction = parseProgress(text);
      if (fraction !== undefined) onProgress?.(fraction);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(-MAX_ERROR_LENGTH);
    });
    let failure: Error | undefined;
    child.once('error', (error) => {
      failure = error;
      if (child.pid === undefined) reject(error);
    });
    child.once('close', (code) => (failure ? reject(failure) : resolve({ code, printed }))); // Nothing writes any more.
  }).catch((cause: unknown) => {
    throw signal?.aborted ? reasonOf(signal) : notRunning(path, cause);
  });
  if (end.code !== 0) throw failed(path, end.printed);
}

/** The last of what `-p` prints: `    (12.34/100%)`, each behind a carriage return. */
export function parseProgress(text: string): number | undefined {
  const last = [...text.matchAll(/\((\d{1,3}(?:\.\d+)?)\/100%\)/g)].at(-1);
  return last ? Math.min(1, Number(last[1]) / 100) : undefined;
}

function reasonOf(signal: AbortSignal): InnError {
  if (signal.reason instanceof InnError) return signal.reason;
  return new InnError('CANCELLED', 'Converting the image was cancelled.', { cause: signal.reason });
}

function notRunning(path: string, cause: unknown): InnError {
  if (errnoOf(cause) !== 'ENOENT') return fileError(path, cause);
  return new InnError('NOT_SUPPORTED', `'${path}' cannot be made without 'qemu-img', which is not installed.`, {
    hint: 'Install qemu-img (on Debian and Ubuntu the package qemu-utils), or choose the format vhd or qcow2.',
    details: { path },
  });
}

function failed(path: string, printed: string): InnError {
  const isFull = /No space left on device|Disk quota exceeded/.test(printed);
  const message = printed.trim().replaceAll('\n', '; ');
  return fileError(path, Object.assign(new Error(message), isFull ? { code: 'ENOSPC' } : {}));
}
