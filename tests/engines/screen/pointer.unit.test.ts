import { beforeEach, describe, expect, it } from 'vitest';
import { Pointer, ViewerPointer } from '../../../src/main/engines/embedded/machine-process/screen/input/pointer.ts';

describe('the pointer', () => {
  let calls: string[];
  let isAbsolute: boolean;
  let isReady: boolean;
  let viewer: ViewerPointer;

  beforeEach(() => {
    [calls, isAbsolute, isReady] = [[], false, true];
    const pointer = new Pointer();
    pointer.attach({
      isAbsolute: () => isAbsolute,
      isReady: () => isReady,
      moveTo: (x, y, width, height) => calls.push(`to ${x},${y} of ${width}x${height}`),
      moveBy: (dx, dy) => calls.push(`by ${dx},${dy}`),
      setButtons: (left, middle, right) => calls.push(`buttons ${Number(left)}${Number(middle)}${Number(right)}`),
      turnWheel: (notches) => calls.push(`wheel ${notches}`),
    });
    viewer = new ViewerPointer(pointer);
  });

  function at(x: number, y: number, mask = 0): void {
    viewer.atPosition(mask, x, y, 640, 480);
  }

  it('turns positions into movements for a guest with a plain mouse', () => {
    at(100, 100);
    at(110, 95);
    at(110, 95);
    expect(calls).toEqual(['by 10,-5']);
  });

  it('splits a long way into steps that a PS/2 packet can carry', () => {
    at(0, 0);
    at(600, 300);
    const steps = calls.map((call) => call.slice(3).split(',').map(Number));
    expect(steps.every(([dx = 0, dy = 0]) => Math.abs(dx) <= 127 && Math.abs(dy) <= 127)).toBe(true);
    expect(steps.reduce(([x = 0, y = 0], [dx = 0, dy = 0]) => [x + dx, y + dy], [0, 0])).toEqual([600, 300]);
  });

  it('sends positions, each with a packet that wakes the driver, to a guest that knows them', () => {
    isAbsolute = true;
    at(320, 240);
    at(320, 250);
    expect(calls).toEqual(['to 320,240 of 640x480', 'by 1,0', 'to 320,250 of 640x480', 'by 1,1']);
  });

  it('makes up for movements that the guest was not ready for', () => {
    at(10, 10);
    isReady = false;
    at(20, 10);
    at(30, 10);
    isReady = true;
    at(40, 10);
    expect(calls).toEqual(['by 30,0']);
  });

  it('tells buttons when they change, and each notch of the wheel once', () => {
    at(1, 1, 1);
    at(1, 1, 1);
    at(1, 1, 5);
    at(1, 1, 0);
    at(1, 1, 8);
    at(1, 1, 0);
    at(1, 1, 16);
    expect(calls).toEqual(['buttons 100', 'buttons 101', 'buttons 000', 'wheel 1', 'wheel -1']);
  });

  it('lifts buttons when the viewer goes away, and says nothing when none was down', () => {
    viewer.releaseAll();
    at(1, 1, 2);
    viewer.releaseAll();
    expect(calls).toEqual(['buttons 010', 'buttons 000']);
  });
});
