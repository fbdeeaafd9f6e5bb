import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { mendPcapng } from '../../src/main/networks/captures/mend-pcapng.ts';
import { enhancedPacket, interfaceDescription, sectionHeader } from '../../src/main/networks/switch/pcapng.ts';
import { readPcapng } from '../support/read-pcapng.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const FRAMES = [60, 61, 1514].map((length, mark) => Buffer.alloc(length, mark));
const BLOCKS = [
  sectionHeader('Innkeeper'),
  interfaceDescription('machine-1'),
  ...FRAMES.map((frame, index) => enhancedPacket(0, 'out', BigInt(index), frame)),
];
const WHOLE = Buffer.concat(BLOCKS);
const ENDS = BLOCKS.map((_, index) => Buffer.concat(BLOCKS.slice(0, index + 1)).length);

function fileOf(content: Uint8Array): string {
  const file = path.join(makeTempFolder(), 'a.pcapng');
  writeFileSync(file, content);
  return file;
}

describe('a file of frames that was not finished', () => {
  it('is whole up to its last whole block, wherever it was cut off', async () => {
    for (const cut of [...ENDS.flatMap((end) => [end - 5, end - 1, end, end + 1, end + 9, end + 25]), 0, 7]) {
      const file = fileOf(WHOLE.subarray(0, cut));
      const held = await mendPcapng(file);
      const left = readFileSync(file);
      expect(left.length, `cut at ${cut}`).toBe(ENDS.findLast((end) => end <= cut) ?? (cut < 12 ? 0 : cut));
      if (cut < (ENDS[0] ?? 0)) continue;
      const { frames } = readPcapng(left);
      expect(held).toEqual({ frames: frames.length, bytes: frames.reduce((sum, { frame }) => sum + frame.length, 0) });
    }
  });

  it('is read in pieces when it is large', async () => {
    const many = 4000;
    const packet = enhancedPacket(0, 'in', 1n, Buffer.alloc(1001));
    const file = fileOf(Buffer.concat([...BLOCKS.slice(0, 2), ...Array(many).fill(packet), packet.subarray(0, 500)]));
    expect(await mendPcapng(file)).toEqual({ frames: many, bytes: many * 1001 });
    expect(readPcapng(readFileSync(file)).frames).toHaveLength(many);
  });

  it('is left alone when it is something else', async () => {
    const file = fileOf(Buffer.from('notes of somebody, that have nothing to do with frames'));
    const before = readFileSync(file);
    expect(await mendPcapng(file)).toBeUndefined();
    expect(readFileSync(file)).toEqual(before);
    await expect(mendPcapng(`${file}.gone`)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
