/** The guest's end of the mouse cable. */
export interface PointerPort {
  /** Whether the guest takes positions (VMware mouse); else it takes movements (PS/2). */
  isAbsolute(): boolean;
  /** False while the guest does not read what was sent: more would be lost, or break the packets. */
  isReady(): boolean;
  moveTo(x: number, y: number, width: number, height: number): void;
  /** Each from -127 to 127; down is positive. */
  moveBy(dx: number, dy: number): void;
  setButtons(left: boolean, middle: boolean, right: boolean): void;
  /** Notches; up is positive. */
  turnWheel(notches: number): void;
}

const BUTTON = { left: 1, middle: 2, right: 4, wheelUp: 8, wheelDown: 16 } as const;
const BUTTONS_HELD = BUTTON.left | BUTTON.middle | BUTTON.right;
const MAX_STEP = 127;

/** The one mouse of the machine, moved by all viewers. */
export class Pointer {
  #port: PointerPort | undefined;
  #buttons = 0;

  attach(port: PointerPort): void {
    this.#port = port;
    this.#buttons = 0;
  }

  isAbsolute(): boolean {
    return this.#port?.isAbsolute() ?? false;
  }

  /** Moves to a position on a screen of the given size, having moved by (dx, dy). False when the guest was not ready. */
  move(x: number, y: number, width: number, height: number, dx: number, dy: number): boolean {
    const port = this.#port;
    if (!port?.isReady()) return false;
    if (port.isAbsolute()) {
      port.moveTo(x, y, width, height);
      // The guest's driver fetches positions when a PS/2 packet comes; what that says is ignored.
      port.moveBy(Math.sign(dx) || 1, Math.sign(dy));
    } else {
      moveInSteps(port, dx, dy);
    }
    return true;
  }

  /** Button mask of RFC 6143, 7.5.5; wheel notches are buttons that go down. */
  setButtons(mask: number, previousMask: number): void {
    const port = this.#port;
    if (!port) return;
    const held = mask & BUTTONS_HELD;
    if (held !== this.#buttons) {
      this.#buttons = held;
      port.setButtons((held & BUTTON.left) !== 0, (held & BUTTON.middle) !== 0, (held & BUTTON.right) !== 0);
    }
    const pressed = mask & ~previousMask;
    if (!port.isReady()) return;
    if (pressed & BUTTON.wheelUp) port.turnWheel(1);
    if (pressed & BUTTON.wheelDown) port.turnWheel(-1);
  }
}

function moveInSteps(port: PointerPort, dx: number, dy: number): void {
  const steps = Math.ceil(Math.max(Math.abs(dx), Math.abs(dy)) / MAX_STEP);
  let [movedX, movedY] = [0, 0];
  for (let step = 1; step <= steps; step += 1) {
    const [x, y] = [Math.round((dx * step) / steps), Math.round((dy * step) / steps)];
    port.moveBy(x - movedX, y - movedY);
    [movedX, movedY] = [x, y];
  }
}

/** Middle of the values that a PointerEvent carries in relative mode (rfbproto, "QEMU Pointer Motion Change"). */
const RELATIVE_ORIGIN = 0x7fff;

/** What one viewer last did with the mouse. */
export class ViewerPointer {
  readonly #pointer: Pointer;
  #x: number | undefined;
  #y: number | undefined;
  #mask = 0;

  constructor(pointer: Pointer) {
    this.#pointer = pointer;
  }

  /** A PointerEvent whose coordinates are a position on a screen of `width` × `height` pixels. */
  atPosition(mask: number, x: number, y: number, width: number, height: number): void {
    const [dx, dy] = [x - (this.#x ?? x), y - (this.#y ?? y)];
    const isMoved = this.#x === undefined || dx !== 0 || dy !== 0;
    if (!isMoved || this.#pointer.move(x, y, width, height, dx, dy)) [this.#x, this.#y] = [x, y];
    this.#setMask(mask);
  }

  /** A PointerEvent of a viewer that was told to send movements. */
  byMovement(mask: number, x: number, y: number): void {
    const [dx, dy] = [x - RELATIVE_ORIGIN, y - RELATIVE_ORIGIN];
    if (dx !== 0 || dy !== 0) this.#pointer.move(0, 0, 1, 1, dx, dy);
    this.#setMask(mask);
  }

  /** Lifts the buttons, as when the viewer goes away. */
  releaseAll(): void {
    if (this.#mask !== 0) this.#setMask(0);
  }

  #setMask(mask: number): void {
    this.#pointer.setButtons(mask, this.#mask);
    this.#mask = mask;
  }
}
