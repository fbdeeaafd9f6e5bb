import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  readStateFile,
  type StateOrigin,
  writeStateFile,
} from '../../../src/main/engines/embedded/machine-process/state-file.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const origin: StateOrigin = {
  emulator: 'v86 1.2.3',
  hardware: { memory: '64 bytes', "drive 'ide0-0'": 'a disk' },
  circumstances: { 'the kernel': 'abc' },
};
const never = new AbortController().signal;

function makeState(bytes: number): ArrayBuffer {
  const state = new Uint8Array(bytes);
  for (let index = 0; index < bytes; index += 97) state[index] = index % 251;
  return state.buffer;
}

async function writeOne(bytes = 3_000_000): Promise<{ folder: string; file: string; state: ArrayBuffer }> {
  const folder = makeTempFolder();
  const file = path.join(folder, 'machine.state');
  const state = makeState(bytes);
  await writeStateFile(file, origin, state, never);
  return { folder, file, state };
}

describe('a saved state', () => {
  it('comes back as it was, and is smaller on disk', async () => {
    const { folder, file, state } = await writeOne();
    expect(Buffer.from(await readStateFile(file, origin, true)).equals(Buffer.from(state))).toBe(true);
    expect((await readFile(file)).length).toBeLessThan(state.byteLength / 2);
    expect(await readdir(folder)).toEqual(['machine.state']);
  });

  it.each([
    ['another emulator', { ...origin, emulator: 'v86 1.2.4' }, 'emulator was v86 1.2.3, is v86 1.2.4'],
    ['other memory', { ...origin, hardware: { ...origin.hardware, memory: '128 bytes' } }, 'memory was 64 bytes'],
    ['a drive less', { ...origin, hardware: { memory: '64 bytes' } }, "drive 'ide0-0' was a disk, is none"],
  ])('is refused by a machine with %s', async (_what, present, sentence) => {
    const { file } = await writeOne(5000);
    await expect(readStateFile(file, present, false)).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringContaining(sentence),
    });
  });

  it('is taken under other circumstances, though not as a warm start', async () => {
    const { file } = await writeOne(5000);
    const present = { ...origin, circumstances: { 'the kernel': 'def' } };
    await expect(readStateFile(file, present, false)).resolves.toBeInstanceOf(ArrayBuffer);
    await expect(readStateFile(file, present, true)).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
  });

  it.each([
    ['cut off', (file: string, size: number) => truncate(file, size - 50)],
    ['empty', (file: string) => truncate(file, 0)],
    ['something else', (file: string) => writeFile(file, 'not a state at all, but long enough to be one')],
    ['changed in one bit', flipLastBit],
  ])('that is %s is called damaged', async (_what, damage) => {
    const { file } = await writeOne();
    await damage(file, (await readFile(file)).length);
    await expect(readStateFile(file, origin, false)).rejects.toMatchObject({ code: 'IMAGE_INVALID' });
  });

  it('that is not there is a file not found', async () => {
    await expect(readStateFile(path.join(makeTempFolder(), 'none'), origin, false)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  });

  it('leaves the older state alone, and nothing else behind, when it is given up', async () => {
    const { folder, file, state } = await writeOne();
    const abort = new AbortController();
    const write = writeStateFile(file, origin, makeState(40_000_000), abort.signal);
    abort.abort();
    await expect(write).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['machine.state']);
    expect((await readStateFile(file, origin, false)).byteLength).toBe(state.byteLength);
  });
});

async function flipLastBit(file: string): Promise<void> {
  const bytes = await readFile(file);
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) ^ 1;
  await writeFile(file, bytes);
}
