import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FrameClock } from '../../../src/main/engines/embedded/machine-process/screen/frame-clock.ts';

describe('the frame clock', () => {
  let need: 'poll' | 'changed' | 'still';
  let hasViewer: boolean;
  let blinkMs: number | undefined;
  let frames: number;
  let clock: FrameClock;

  beforeEach(() => {
    vi.useFakeTimers();
    [need, hasViewer, blinkMs, frames] = ['still', true, undefined, 0];
    clock = new FrameClock({
      need: () => need,
      nextBlinkMs: (now) => (blinkMs === undefined ? undefined : now + blinkMs),
      hasWaitingViewer: () => hasViewer,
      drawAndSend: () => {
        frames += 1;
      },
    });
  });

  afterEach(() => {
    clock.stop();
    vi.useRealTimers();
  });

  it('has no timer while nobody looks', () => {
    hasViewer = false;
    clock.guestDrew();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('draws once for a viewer of a still picture, and then sleeps', () => {
    clock.viewerWaits();
    vi.advanceTimersByTime(10_000);
    expect([frames, vi.getTimerCount()]).toEqual([1, 0]);
  });

  it('draws soon after the guest wrote, however much it writes', () => {
    vi.advanceTimersByTime(1000);
    for (let write = 0; write < 1000; write += 1) clock.guestDrew();
    vi.advanceTimersByTime(5);
    expect([frames, vi.getTimerCount()]).toEqual([1, 0]);
  });

  it('draws at most 31 frames a second while everything moves, and stops when the viewer goes', () => {
    need = 'poll';
    clock.viewerWaits();
    vi.advanceTimersByTime(1000);
    expect(frames).toBeGreaterThanOrEqual(28);
    expect(frames).toBeLessThanOrEqual(31);
    hasViewer = false;
    vi.advanceTimersByTime(100);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('wakes for the blinking cursor', () => {
    blinkMs = 266;
    clock.viewerWaits();
    vi.advanceTimersByTime(1000);
    expect(frames).toBe(4);
  });
});
