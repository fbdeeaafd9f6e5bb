import { open } from 'node:fs/promises';
import { HostFile, type RandomAccessHandle } from '../../src/main/media/formats/host-file.ts';

const SECTOR = 512;

type Step =
  | { do: 'write'; offset: number; data: Buffer }
  | { do: 'truncate'; length: number }
  /** So many of the steps before are on the disk for sure now. */
  | { do: 'sync'; durable: number };

/** A file that remembers what was done to it, to say what a failure of the power at any moment could have left. */
export class FailingFile {
  readonly file: HostFile;
  readonly steps: Step[] = [];
  readonly #before: Buffer;

  private constructor(path: string, handle: RandomAccessHandle, before: Buffer) {
    this.#before = before;
    this.file = new HostFile(path, false, this.#recording(handle), before.length);
  }

  static async open(path: string): Promise<FailingFile> {
    const handle = await open(path, 'r+');
    return new FailingFile(path, handle, await handle.readFile());
  }

  /**
   * The file after the first `done` steps, of which those that were not synced got lost as `isLost` says, sector by sector:
   * disks write what they hold in any order.
   */
  contentsAfter(done: number, isLost: () => boolean): Buffer {
    const happened = this.steps.slice(0, done);
    const durable = Math.max(0, ...happened.map((step) => (step.do === 'sync' ? step.durable : 0)));
    let bytes: Buffer = Buffer.from(this.#before);
    for (const [index, step] of happened.entries()) {
      if (step.do === 'truncate') bytes = Buffer.concat([bytes.subarray(0, step.length)], step.length);
      else if (step.do === 'write') bytes = applied(bytes, step, index < durable ? () => false : isLost);
    }
    return bytes;
  }

  #recording(handle: RandomAccessHandle): RandomAccessHandle {
    const recording: Pick<RandomAccessHandle, 'read' | 'stat' | 'close'> & Record<string, unknown> = {
      read: handle.read.bind(handle),
      stat: handle.stat.bind(handle),
      close: handle.close.bind(handle),
      write: async (data: Uint8Array, from: number, length: number, offset: number) => {
        const done = await handle.write(data, from, length, offset);
        this.steps.push({ do: 'write', offset, data: Buffer.from(data.subarray(from, from + done.bytesWritten)) });
        return done;
      },
      writev: async (parts: Uint8Array[], offset: number) => {
        const data = Buffer.concat(parts);
        const done = await handle.write(data, 0, data.length, offset);
        this.steps.push({ do: 'write', offset, data: data.subarray(0, done.bytesWritten) });
        return done;
      },
      truncate: async (length: number) => {
        await handle.truncate(length);
        this.steps.push({ do: 'truncate', length });
      },
      datasync: async () => {
        const durable = this.steps.length;
        await new Promise(setImmediate); // Others go on while it lasts, as they do with a disk.
        this.steps.push({ do: 'sync', durable });
      },
    };
    return recording as unknown as RandomAccessHandle; // The overloads of `read` and `write` that nobody calls are missing.
  }
}

function applied(bytes: Buffer, { offset, data }: Extract<Step, { do: 'write' }>, isLost: () => boolean): Buffer {
  let result = bytes;
  for (let start = 0; start < data.length; ) {
    const end = Math.min(data.length, start + SECTOR - ((offset + start) % SECTOR));
    if (!isLost()) {
      if (offset + end > result.length) result = Buffer.concat([result], offset + end);
      data.copy(result, offset + start, start, end);
    }
    start = end;
  }
  return result;
}

/** A file on a disk that has only so much place: writes behind `limit.bytes` fail like those on a full disk. */
export async function openOnFullDisk(path: string, limit: { bytes: number }): Promise<HostFile> {
  const handle = await open(path, 'r+');
  const guard = (offset: unknown, lengthBytes: number): void => {
    if (Number(offset) + lengthBytes > limit.bytes) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  };
  const limited = new Proxy<RandomAccessHandle>(handle, {
    get(target, name) {
      if (name === 'write') {
        return async (data: Uint8Array, from: number, length: number, offset: number) => {
          guard(offset, length);
          return target.write(data, from, length, offset);
        };
      }
      if (name === 'writev') {
        return async (parts: Uint8Array[], offset: number) => {
          guard(offset, Buffer.concat(parts).length);
          return target.writev(parts, offset);
        };
      }
      const member = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  return new HostFile(path, false, limited, (await handle.stat()).size);
}

/** Numbers from 0 to 1 that are the same for the same seed (xorshift32). */
export function makeDice(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
