import { describe, expect, it } from 'vitest';
import { FrameReader, frameHeader } from '../../../src/main/engines/embedded/machine-process/frame-stream.ts';

const frames = [Uint8Array.of(1, 2, 3), new Uint8Array(1500).fill(7), Uint8Array.of(9)];
const stream = Buffer.concat(frames.flatMap((frame) => [frameHeader(frame), frame]));
const plain = (list: Uint8Array[]): number[][] => list.map((frame) => [...frame]);

describe('frames on a stream', () => {
  it.each([1, 3, 700, stream.length])('are found when they come %i bytes at a time', (size) => {
    const reader = new FrameReader();
    const found: Uint8Array[] = [];
    for (let offset = 0; offset < stream.length; offset += size) {
      found.push(...reader.push(stream.subarray(offset, offset + size)));
    }
    expect(plain(found)).toEqual(plain(frames));
    expect(reader.isBroken).toBe(false);
  });

  it.each([0, 69_633, 0xffffffff])('of length %i break it, and nothing after is believed', (length) => {
    const header = Buffer.alloc(4);
    header.writeUInt32BE(length);
    const reader = new FrameReader();
    expect(plain(reader.push(Buffer.concat([stream, header])))).toEqual(plain(frames));
    expect(reader.isBroken).toBe(true);
    expect(reader.push(stream)).toEqual([]);
  });
});
