/** Shortest time between two frames: 30 a second. */
const FRAME_MS = 33;
/** What the guest writes in one go shall come in one frame. */
const SETTLE_MS = 4;

/** What the clock has to know to decide when the next frame is worth drawing. */
export interface FrameSource {
  /** `poll`: changes are only found by drawing. `changed`: there is something to draw. `still`: there is not. */
  need(): 'poll' | 'changed' | 'still';
  /** When a still picture changes by itself (blinking), on the clock of `performance.now()`; undefined: never. */
  nextBlinkMs(nowMs: number): number | undefined;
  hasWaitingViewer(): boolean;
  drawAndSend(nowMs: number): void;
}

/** Draws frames while a viewer waits for one, and sleeps otherwise: a screen at which nobody looks has no timer. */
export class FrameClock {
  readonly #source: FrameSource;
  #timer: NodeJS.Timeout | undefined;
  #dueMs = Number.POSITIVE_INFINITY;
  #lastFrameMs = 0;

  constructor(source: FrameSource) {
    this.#source = source;
  }

  /** A viewer began to wait. What it asked for may be there already, so that a frame is due at once. */
  viewerWaits(): void {
    this.#arm(Math.max(performance.now(), this.#lastFrameMs + FRAME_MS));
  }

  /** The guest wrote on a text screen. */
  guestDrew(): void {
    if (this.#source.hasWaitingViewer())
      this.#arm(Math.max(performance.now() + SETTLE_MS, this.#lastFrameMs + FRAME_MS));
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  #arm(dueMs: number): void {
    if (dueMs >= this.#dueMs) return;
    clearTimeout(this.#timer);
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => this.#frame(), Math.max(0, dueMs - performance.now()));
  }

  #frame(): void {
    this.stop();
    const now = performance.now();
    this.#lastFrameMs = now;
    this.#source.drawAndSend(now);
    if (this.#source.hasWaitingViewer()) this.#armNext(now);
  }

  #armNext(now: number): void {
    if (this.#source.need() !== 'still') {
      this.#arm(now + FRAME_MS);
      return;
    }
    const blinkMs = this.#source.nextBlinkMs(now);
    if (blinkMs !== undefined) this.#arm(Math.max(blinkMs, now + FRAME_MS));
  }
}
