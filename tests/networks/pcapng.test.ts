import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { enhancedPacket, interfaceDescription, sectionHeader } from '../../src/main/networks/switch/pcapng.ts';

describe('pcapng blocks', () => {
  it('look as the draft draws them', () => {
    expect(sectionHeader('Inn').toString('hex')).toBe(
      [
        ...['0a0d0d0a', '28000000', '4d3c2b1a', '01000000', 'ffffffffffffffff'],
        ...['04000300496e6e00', '00000000', '28000000'],
      ].join(''),
    );
    expect(interfaceDescription('m/0').toString('hex')).toBe(
      [
        '01000000',
        '28000000',
        '01000000',
        '00000000',
        '020003006d2f3000',
        '0900010009000000',
        '00000000',
        '28000000',
      ].join(''),
    );
    expect(enhancedPacket(1, 'out', 0x1_0000_0002n, Buffer.from('abcde')).toString('hex')).toBe(
      [
        ...['06000000', '34000000', '01000000', '01000000', '02000000', '05000000', '05000000'],
        ...['6162636465000000', '0200040002000000', '00000000', '34000000'],
      ].join(''),
    );
  });

  it('say their length at both ends, a multiple of four', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.string({ maxLength: 50 }), (frame, name) => {
        for (const block of [enhancedPacket(0, 'in', 1n, frame), interfaceDescription(name)]) {
          expect(block.length % 4).toBe(0);
          expect(block.readUInt32LE(4)).toBe(block.length);
          expect(block.readUInt32LE(block.length - 4)).toBe(block.length);
        }
      }),
    );
  });
});
