import type { Keyboard } from './keyboard.ts';
import { type KeysymMeaning, keyOfQemuKeycode, meaningOfKeysym } from './keysyms.ts';
import { KEY_SHIFT_LEFT, KEY_SHIFT_RIGHT, type Key } from './scan-codes.ts';

/** The keys that one viewer holds down. */
export class ViewerKeys {
  readonly #keyboard: Keyboard;
  readonly #held = new Set<Key>();

  constructor(keyboard: Keyboard) {
    this.#keyboard = keyboard;
  }

  /** A key by its X11 keysym. Shift is pressed or lifted around a character that needs it; unknown keysyms are ignored. */
  keysym(keysym: number, isDown: boolean): void {
    const meaning = meaningOfKeysym(keysym);
    if (!meaning) return;
    const key = meaning.kind === 'key' ? meaning.key : meaning.stroke.key;
    if (!isDown) this.#release(key);
    else if (meaning.kind === 'key') this.#press(key);
    else this.#pressCharacter(meaning);
  }

  /**
   * A key by the keycode of QEMU's extended key event, whatever its layout; unknown ones are ignored. The keysym beside
   * it only counts when it is the Shifted character of that key and no Shift is held: programs and screen keyboards that
   * type into a viewer leave Shift out.
   */
  keycode(keycode: number, isDown: boolean, keysym: number): void {
    const key = keyOfQemuKeycode(keycode);
    if (key === undefined) return;
    const meaning = meaningOfKeysym(keysym);
    if (!isDown) this.#release(key);
    else if (meaning?.kind === 'character' && meaning.stroke.key === key && meaning.stroke.isShifted)
      this.#pressCharacter(meaning);
    else this.#press(key);
  }

  /** Lifts everything that this viewer still holds, as when it goes away. */
  releaseAll(): void {
    for (const key of [...this.#held].reverse()) this.#release(key);
  }

  #press(key: Key): void {
    if (this.#keyboard.press(key)) this.#held.add(key);
  }

  #release(key: Key): void {
    if (this.#held.delete(key)) this.#keyboard.release(key);
  }

  #pressCharacter({ stroke, isLetter }: Extract<KeysymMeaning, { kind: 'character' }>): void {
    const needsShift = stroke.isShifted !== (isLetter && this.#keyboard.isCapsLocked());
    const heldShifts = [KEY_SHIFT_LEFT, KEY_SHIFT_RIGHT].filter((key) => this.#keyboard.isPressed(key));
    if (needsShift === heldShifts.length > 0) {
      this.#press(stroke.key);
    } else if (needsShift) {
      this.#keyboard.press(KEY_SHIFT_LEFT, 0);
      this.#press(stroke.key);
      this.#keyboard.release(KEY_SHIFT_LEFT);
    } else {
      for (const key of heldShifts) this.#keyboard.release(key);
      this.#press(stroke.key);
      for (const key of heldShifts) this.#keyboard.press(key, 0);
    }
  }
}
