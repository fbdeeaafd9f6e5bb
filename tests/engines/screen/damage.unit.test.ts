import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Framebuffer, type Rectangle } from '../../../src/main/engines/embedded/machine-process/screen/framebuffer.ts';
import { ViewerDamage } from '../../../src/main/engines/embedded/machine-process/screen/rfb/viewer-damage.ts';

const WIDTH = 150;
const HEIGHT = 110;
const ALL: Rectangle = { x: 0, y: 0, width: WIDTH, height: HEIGHT };

const anyPoint = fc.tuple(fc.nat(WIDTH - 1), fc.nat(HEIGHT - 1));
const anyFrame = fc.record({ points: fc.array(anyPoint, { maxLength: 60 }), takers: fc.subarray([0, 1]) });

describe('the damage of viewers', () => {
  it('brings each viewer every change, though each looks when it likes', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 12 }), (frames) => {
        const framebuffer = new Framebuffer(WIDTH, HEIGHT);
        const viewers = [0, 1].map(() => ({
          damage: new ViewerDamage(framebuffer),
          picture: new Uint32Array(WIDTH * HEIGHT),
        }));
        let colour = 1;
        for (const { points, takers } of [...frames, { points: [], takers: [0, 1] }]) {
          for (const [x, y] of points) framebuffer.putRow(x, y, Uint32Array.of(colour++), 0, 1);
          for (const taker of takers) {
            const viewer = viewers[taker];
            for (const area of viewer?.damage.take(ALL) ?? []) copy(framebuffer, area, viewer?.picture);
          }
        }
        for (const { picture } of viewers) expect(picture).toEqual(framebuffer.pixels);
      }),
      { numRuns: 60 },
    );
  });

  it('never sends a pixel twice in one update, nor outside of the picture', () => {
    fc.assert(
      fc.property(fc.array(anyPoint, { maxLength: 100 }), (points) => {
        const framebuffer = new Framebuffer(WIDTH, HEIGHT);
        const damage = new ViewerDamage(framebuffer);
        damage.take(ALL);
        for (const [x, y] of points) framebuffer.putRow(x, y, Uint32Array.of(0xffffff), 0, 1);
        const sent = new Uint8Array(WIDTH * HEIGHT);
        for (const { x, y, width, height } of damage.take(ALL)) {
          expect(x + width).toBeLessThanOrEqual(WIDTH);
          expect(y + height).toBeLessThanOrEqual(HEIGHT);
          for (let at = 0; at < width * height; at += 1) {
            const pixel = (y + Math.floor(at / width)) * WIDTH + x + (at % width);
            expect(sent[pixel]).toBe(0);
            sent[pixel] = 1;
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('puts a block of tiles together to one rectangle', () => {
    const framebuffer = new Framebuffer(WIDTH, HEIGHT);
    const damage = new ViewerDamage(framebuffer);
    expect(damage.take(ALL)).toEqual([ALL]);
    framebuffer.touch(20, 20, 50, 40);
    expect(damage.take(ALL)).toEqual([{ x: 16, y: 16, width: 64, height: 48 }]);
    expect(damage.take(ALL)).toEqual([]);
  });

  it('is everything after a change of size', () => {
    const framebuffer = new Framebuffer(WIDTH, HEIGHT);
    const damage = new ViewerDamage(framebuffer);
    damage.take(ALL);
    framebuffer.resize(40, 30);
    expect(damage.take(ALL)).toEqual([{ x: 0, y: 0, width: 40, height: 30 }]);
  });
});

function copy(from: Framebuffer, { x, y, width, height }: Rectangle, to: Uint32Array | undefined): void {
  for (let row = y; row < y + height; row += 1) {
    to?.set(from.pixels.subarray(row * WIDTH + x, row * WIDTH + x + width), row * WIDTH + x);
  }
}
