import { InnError } from '../../../../../../shared/errors.ts';
import { keyOfQcode } from './qcodes.ts';
import { breakCodes, KEY_CAPS_LOCK, KEY_SHIFT_LEFT, type Key, makeCodes, type Stroke, strokeOf } from './scan-codes.ts';

/** The guest's end of the keyboard cable. */
export interface KeyboardPort {
  /** One byte of scan code set 1. */
  send(byte: number): void;
  /** Bytes that the guest has not read yet. */
  pendingBytes(): number;
  /** False while the machine stands still, or the guest has switched the keyboard off: bytes would be lost. */
  isListening(): boolean;
}

/** Between two presses. A BIOS holds 16 strokes, a Linux terminal 4096: whoever reads at all keeps up with 200 a second. */
const PRESS_GAP_MS = 5;
/** How long keys that were pressed together are held. */
const HOLD_MS = 40;
/** A running guest takes a byte within a millisecond or two; one that does not is asked less often. */
const POLL_MS = 1;
const SLOW_POLL_MS = 20;
const SLOW_AFTER_MS = 200;
/** A guest that reads nothing for so long is given up, and what waits for it forgotten. */
const STALL_MS = 10_000;
/** Beyond this many waiting steps, further presses of viewers are dropped. */
const MAX_WAITING = 4096;

interface Step {
  bytes: number[];
  gapMs: number;
  isRelease?: true;
  done?: (error?: InnError) => void;
}

/**
 * The one keyboard of the machine, for all viewers and for synthetic typing. Bytes go to the guest in order, a key at a
 * time, and only when it has read the ones before.
 */
export class Keyboard {
  readonly #steps: Step[] = [];
  readonly #pressed = new Set<Key>();
  #port: KeyboardPort | undefined;
  #timer: NodeJS.Timeout | undefined;
  #earliestMs = 0;
  #lastProgressMs = 0;
  #isCapsLocked = false;
  /** Settles when the text that is being typed is at its end. */
  #turn: Promise<void> = Promise.resolve();

  attach(port: KeyboardPort): void {
    this.#port = port;
    this.#isCapsLocked = false;
    this.#pump();
  }

  isPressed(key: Key): boolean {
    return this.#pressed.has(key);
  }

  /** As far as presses of the key that went through here tell. */
  isCapsLocked(): boolean {
    return this.#isCapsLocked;
  }

  /** A key goes down, or repeats. Returns false when it was dropped because too much waits already. */
  press(key: Key, gapMs = PRESS_GAP_MS): boolean {
    if (this.#steps.length >= MAX_WAITING) return false;
    if (key === KEY_CAPS_LOCK && !this.#pressed.has(key)) this.#isCapsLocked = !this.#isCapsLocked;
    this.#pressed.add(key);
    this.#enqueue({ bytes: makeCodes(key), gapMs });
    return true;
  }

  /** A key goes up; nothing happens when it was not down. */
  release(key: Key): void {
    if (!this.#pressed.delete(key)) return;
    const bytes = breakCodes(key);
    if (bytes.length > 0) this.#enqueue({ bytes, gapMs: 0, isRelease: true });
  }

  /**
   * Types printable ASCII, newline and tab. Resolves when the guest has read the last key.
   * @throws InnError `INVALID_INPUT` before anything is typed, `ENGINE_TIMEOUT` when the guest reads nothing for 10 s.
   */
  async type(text: string): Promise<void> {
    const strokes = [...text.replaceAll('\r\n', '\n')].map(strokeOfOrThrow);
    await this.#inTurn(async () => {
      for (const stroke of strokes) await this.#typeStroke(stroke);
    });
  }

  /**
   * Presses keys together, by QKeyCode names, and releases them in reverse.
   * @throws InnError `INVALID_INPUT` for an unknown name, `ENGINE_TIMEOUT` when the guest reads nothing for 10 s.
   */
  async pressTogether(qcodes: readonly string[]): Promise<void> {
    const keys = qcodes.map(keyOfQcodeOrThrow);
    await this.#inTurn(async () => {
      for (const key of keys) this.press(key, 0);
      await this.#settled(HOLD_MS);
      for (const key of keys.toReversed()) this.release(key);
      await this.#settled(PRESS_GAP_MS);
    });
  }

  /** Forgets everything that waits. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#port = undefined;
    this.#giveUp('the machine process ends');
    this.#steps.length = 0;
  }

  /** One text at a time: two that are typed at once must not meet under one Shift key. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #typeStroke({ key, isShifted }: Stroke): Promise<void> {
    if (isShifted) this.press(KEY_SHIFT_LEFT, 0);
    this.press(key);
    this.release(key);
    if (isShifted) this.release(KEY_SHIFT_LEFT);
    await this.#settled(0);
  }

  /** Resolves when all that waits now has been read, and `gapMs` more have passed. */
  #settled(gapMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#enqueue({ bytes: [], gapMs, done: (error) => (error ? reject(error) : resolve()) });
    });
  }

  #enqueue(step: Step): void {
    if (this.#steps.length === 0) this.#lastProgressMs = performance.now();
    this.#steps.push(step);
    if (this.#timer === undefined) this.#pump();
  }

  #pump(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (let step = this.#steps[0]; step; step = this.#steps[0]) {
      const now = performance.now();
      const port = this.#port;
      if (!port?.isListening() || port.pendingBytes() > 0 || now < this.#earliestMs) {
        this.#waitForGuest(now - this.#lastProgressMs);
        return;
      }
      this.#steps.shift();
      for (const byte of step.bytes) port.send(byte);
      this.#earliestMs = now + step.gapMs;
      this.#lastProgressMs = now;
      step.done?.();
    }
  }

  #waitForGuest(waitedMs: number): void {
    if (waitedMs > STALL_MS) this.#giveUp('the guest does not read its keyboard');
    else this.#timer = setTimeout(() => this.#pump(), waitedMs > SLOW_AFTER_MS ? SLOW_POLL_MS : POLL_MS);
  }

  /** Keys that went down before come up when the guest reads again: releases are kept. */
  #giveUp(reason: string): void {
    this.#pressed.clear();
    const waiting = this.#steps.splice(0);
    this.#steps.push(...waiting.filter(({ isRelease }) => isRelease));
    this.#lastProgressMs = performance.now();
    const hint = 'Resume or reset the machine.';
    for (const step of waiting)
      step.done?.(new InnError('ENGINE_TIMEOUT', `Keys were not taken: ${reason}.`, { hint }));
  }
}

function strokeOfOrThrow(character: string): Stroke {
  const stroke = strokeOf(character);
  if (stroke) return stroke;
  throw new InnError('INVALID_INPUT', `The character '${character}' is not on the guest's US keyboard.`, {
    hint: 'Type only ASCII characters, newline and tab.',
  });
}

function keyOfQcodeOrThrow(name: string): Key {
  const key = keyOfQcode(name);
  if (key !== undefined) return key;
  throw new InnError('INVALID_INPUT', `There is no key named '${name}'.`, {
    hint: "Use QEMU's key names, such as 'ctrl', 'alt', 'delete', 'ret', 'f1'.",
  });
}
