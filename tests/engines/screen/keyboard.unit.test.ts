import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Keyboard } from '../../../src/main/engines/embedded/machine-process/screen/input/keyboard.ts';
import { keyOfQcode } from '../../../src/main/engines/embedded/machine-process/screen/input/qcodes.ts';
import { strokeOf } from '../../../src/main/engines/embedded/machine-process/screen/input/scan-codes.ts';
import { ViewerKeys } from '../../../src/main/engines/embedded/machine-process/screen/input/viewer-keys.ts';

/** A guest that reads its keyboard when told to, through a buffer as small as a real one's. */
class SlowGuest {
  readonly read: number[] = [];
  readonly waiting: number[] = [];
  isListening = true;
  readsAtOnce = true;
  mostWaiting = 0;

  readonly port = {
    send: (byte: number): void => {
      this.waiting.push(byte);
      this.mostWaiting = Math.max(this.mostWaiting, this.waiting.length);
      if (this.readsAtOnce) this.readAll();
    },
    pendingBytes: (): number => this.waiting.length,
    isListening: (): boolean => this.isListening,
  };

  readAll(): void {
    this.read.push(...this.waiting.splice(0));
  }
}

describe('the keyboard', () => {
  let guest: SlowGuest;
  let keyboard: Keyboard;

  beforeEach(() => {
    vi.useFakeTimers();
    guest = new SlowGuest();
    keyboard = new Keyboard();
    keyboard.attach(guest.port);
  });

  afterEach(() => {
    keyboard.close();
    vi.useRealTimers();
  });

  it('types with Shift where the US layout needs it', async () => {
    const typed = keyboard.type('a$\n');
    await vi.runAllTimersAsync();
    await typed;
    expect(guest.read).toEqual([0x1e, 0x9e, 0x2a, 0x05, 0x85, 0xaa, 0x1c, 0x9c]);
  });

  it('has a stroke for each printable ASCII character, and for no other', () => {
    const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index));
    const strokes = printable.map((character) => strokeOf(character));
    expect(strokes).not.toContain(undefined);
    const distinct = new Set(strokes.map((stroke) => `${stroke?.key} ${stroke?.isShifted}`));
    expect(distinct.size).toBe(95);
    expect(strokeOf('ä')).toBeUndefined();
  });

  it('refuses text that it cannot type before it types any of it', async () => {
    await expect(keyboard.type('straße')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    expect(guest.read).toEqual([]);
  });

  it('waits for a guest that reads slowly, and loses nothing', async () => {
    guest.readsAtOnce = false;
    const reading = setInterval(() => guest.readAll(), 50);
    const typed = keyboard.type('HELLO, world');
    await vi.advanceTimersByTimeAsync(5000);
    clearInterval(reading);
    await typed;
    expect(guest.mostWaiting).toBeLessThanOrEqual(2);
    const expected = [...'HELLO, world'].flatMap((character) => {
      const { key, isShifted } = strokeOf(character) ?? { key: 0, isShifted: false };
      return isShifted ? [0x2a, key, key | 0x80, 0xaa] : [key, key | 0x80];
    });
    expect(guest.read).toEqual(expected);
  });

  it('types one text after the other', async () => {
    const typed = Promise.all([keyboard.type('ab'), keyboard.pressTogether(['ctrl', 'c']), keyboard.type('c')]);
    await vi.runAllTimersAsync();
    await typed;
    expect(guest.read).toEqual([0x1e, 0x9e, 0x30, 0xb0, 0x1d, 0x2e, 0xae, 0x9d, 0x2e, 0xae]);
  });

  it('waits until the machine goes on', async () => {
    guest.isListening = false;
    const typed = keyboard.type('x');
    await vi.advanceTimersByTimeAsync(3000);
    expect(guest.read).toEqual([]);
    guest.isListening = true;
    await vi.runAllTimersAsync();
    await typed;
    expect(guest.read).toEqual([0x2d, 0xad]);
  });

  it('gives up on a guest that never reads, and leaves no timer behind', async () => {
    guest.readsAtOnce = false;
    const typed = expect(keyboard.type('Ab')).rejects.toMatchObject({ code: 'ENGINE_TIMEOUT' });
    await vi.advanceTimersByTimeAsync(11_000);
    await typed;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('lifts what was down when a guest that was given up reads again', async () => {
    guest.readsAtOnce = false;
    keyboard.press(0x2a);
    keyboard.press(0x1e);
    keyboard.release(0x1e);
    keyboard.release(0x2a);
    await vi.advanceTimersByTimeAsync(11_000);
    guest.readsAtOnce = true;
    guest.readAll();
    keyboard.press(0x30);
    await vi.runAllTimersAsync();
    expect(guest.read).toEqual([0x2a, 0x9e, 0xaa, 0x30]);
  });

  it('presses keys together and releases them in reverse', async () => {
    const sent = keyboard.pressTogether(['ctrl', 'alt', 'delete']);
    await vi.runAllTimersAsync();
    await sent;
    expect(guest.read).toEqual([0x1d, 0x38, 0xe0, 0x53, 0xe0, 0xd3, 0xb8, 0x9d]);
  });

  it('names an unknown key', async () => {
    await expect(keyboard.pressTogether(['ctrl', 'anykey'])).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: "There is no key named 'anykey'.",
    });
    expect(guest.read).toEqual([]);
  });

  it("knows QEMU's usual key names", () => {
    const names = `a z 0 9 ret spc esc tab backspace ctrl alt shift ctrl_r alt_r shift_r meta_l meta_r f1 f10 f11 f12
      up down left right home end pgup pgdn insert delete kp_0 kp_9 kp_enter kp_add kp_subtract kp_multiply kp_divide
      kp_decimal print sysrq pause menu caps_lock num_lock scroll_lock minus equal bracket_left bracket_right
      semicolon apostrophe grave_accent backslash comma dot slash less`.split(/\s+/);
    expect(names.filter((name) => keyOfQcode(name) === undefined)).toEqual([]);
    expect(['f1', 'f10', 'f11', 'a', '0', 'kp_enter'].map(keyOfQcode)).toEqual([0x3b, 0x44, 0x57, 0x1e, 0x0b, 0xe01c]);
    expect(['toString', 'F1', 'aa', ''].map(keyOfQcode)).toEqual([undefined, undefined, undefined, undefined]);
  });

  describe('of a viewer', () => {
    let viewer: ViewerKeys;
    const SHIFT = 0xffe1;

    beforeEach(() => {
      viewer = new ViewerKeys(keyboard);
    });

    async function expectRead(...bytes: number[]): Promise<void> {
      await vi.runAllTimersAsync();
      expect(guest.read.splice(0)).toEqual(bytes);
    }

    it('presses Shift for a character that needs it and comes without', async () => {
      viewer.keysym(0x41, true); // A
      viewer.keysym(0x41, false);
      await expectRead(0x2a, 0x1e, 0xaa, 0x9e);
    });

    it('leaves Shift alone where the viewer holds it itself', async () => {
      viewer.keysym(SHIFT, true);
      viewer.keysym(0x24, true); // $
      viewer.keysym(SHIFT, false);
      viewer.keysym(0x34, false); // the same key, without Shift a 4
      await expectRead(0x2a, 0x05, 0xaa, 0x85);
    });

    it('lifts Shift around a character that another layout has on Shift', async () => {
      viewer.keysym(SHIFT, true);
      viewer.keysym(0x2f, true); // "/" is Shift+7 on a German keyboard
      viewer.keysym(0x2f, false);
      viewer.keysym(SHIFT, false);
      await expectRead(0x2a, 0xaa, 0x35, 0x2a, 0xb5, 0xaa);
    });

    it('takes Caps Lock into account for letters and not for digits', async () => {
      viewer.keysym(0xffe5, true);
      viewer.keysym(0xffe5, false);
      viewer.keysym(0x41, true);
      viewer.keysym(0x41, false);
      viewer.keysym(0x21, true);
      viewer.keysym(0x21, false);
      await expectRead(0x3a, 0xba, 0x1e, 0x9e, 0x2a, 0x02, 0xaa, 0x82);
    });

    it('sends Pause and Print as their odd sequences', async () => {
      viewer.keysym(0xff13, true);
      viewer.keysym(0xff13, false);
      viewer.keycode(0x54, true, 0xff61);
      viewer.keycode(0x54, false, 0xff61);
      await expectRead(0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5, 0xe0, 0x2a, 0xe0, 0x37, 0xe0, 0xb7, 0xe0, 0xaa);
    });

    it('presses Shift for a scan code whose character needs it and comes without', async () => {
      viewer.keycode(0x05, true, 0x24); // the key "4" as "$"
      viewer.keycode(0x05, false, 0x24);
      await expectRead(0x2a, 0x05, 0xaa, 0x85);
    });

    it('leaves scan codes of other layouts as they are', async () => {
      viewer.keysym(SHIFT, true);
      viewer.keycode(0x03, true, 0x32); // Shift and the key "2" are a "2" on a French keyboard
      viewer.keycode(0x03, false, 0x32);
      viewer.keysym(SHIFT, false);
      viewer.keycode(0x15, true, 0x7a); // the key "y" is a "z" on a German one
      viewer.keycode(0x15, false, 0x7a);
      await expectRead(0x2a, 0x03, 0x83, 0xaa, 0x15, 0x95);
    });

    it('ignores keys that it does not know, and releases of keys that are not down', async () => {
      viewer.keysym(0x1008ff11, true);
      viewer.keysym(0xe4, true);
      viewer.keycode(0, true, 0);
      viewer.keycode(0x1234, true, 0);
      viewer.keysym(0x61, false);
      await expectRead();
    });

    it('repeats a key that is held', async () => {
      for (const isDown of [true, true, true, false]) viewer.keysym(0x61, isDown);
      await expectRead(0x1e, 0x1e, 0x1e, 0x9e);
    });

    it('takes as many keys as fit and still lifts all of them', async () => {
      guest.isListening = false;
      for (let stroke = 0; stroke < 10_000; stroke += 1) viewer.keysym(0x61, stroke % 2 === 0);
      viewer.releaseAll();
      guest.isListening = true;
      await vi.advanceTimersByTimeAsync(60_000);
      expect(guest.read.length).toBeLessThan(5000);
      expect(guest.read.at(-1)).toBe(0x9e);
    });
  });
});
