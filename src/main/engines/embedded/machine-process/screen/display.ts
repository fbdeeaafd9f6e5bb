import type { Emulator } from '../emulator-types.ts';
import { FrameClock } from './frame-clock.ts';
import { Framebuffer } from './framebuffer.ts';
import { keyboardPortOf, pointerPortOf } from './input/guest-ports.ts';
import { Keyboard } from './input/keyboard.ts';
import { Pointer } from './input/pointer.ts';
import { encodePng } from './png.ts';
import { RfbServer } from './rfb/server.ts';
import type { PointerState } from './rfb/viewer-state.ts';
import { BLINK_PHASE_MS, VgaAdapter } from './vga-adapter.ts';

/** Screen, keyboard and mouse of one machine process. It outlives emulators: each new one is attached. */
export interface Display {
  /** The guest's screen now, as PNG. */
  screenshot(): Promise<{ width: number; height: number; png: Uint8Array }>;
  /**
   * Serves RFB 3.8 on a unix socket to several viewers at once.
   * @throws InnError `ENGINE_FAILED` when the socket cannot be opened.
   */
  listen(socketPath: string): Promise<void>;
  /**
   * Types ASCII, newline and tab; resolves when the guest has taken all.
   * @throws InnError `INVALID_INPUT` before anything is typed, `ENGINE_TIMEOUT` when the guest takes nothing for 10 s.
   */
  typeText(text: string): Promise<void>;
  /**
   * Presses keys together (QEMU's QKeyCode names), then releases them in reverse.
   * @throws InnError `INVALID_INPUT` for an unknown name, `ENGINE_TIMEOUT` when the guest takes nothing for 10 s.
   */
  sendKeys(qcodes: string[]): Promise<void>;
  /**
   * Shows this emulator from now on and paints everything anew. For a new emulator, best on its `emulator-ready`; also
   * after a state was restored into the same one.
   */
  attach(emulator: Emulator): void;
  close(): Promise<void>;
}

export interface DisplayOptions {
  /** What viewers show in their title. */
  name?: string;
  /** Told of viewers that were closed and why. */
  log?: (message: string) => void;
}

/** `installImageDataShim` of `vga-adapter.ts` has to have run before the emulator is made, else it has no graphics. */
export function createDisplay(options: DisplayOptions = {}): Display {
  return new GuestDisplay(options);
}

class GuestDisplay implements Display {
  readonly #framebuffer = new Framebuffer(720, 400);
  readonly #keyboard = new Keyboard();
  readonly #pointer = new Pointer();
  readonly #adapter: VgaAdapter;
  readonly #clock: FrameClock;
  readonly #server: RfbServer;
  readonly #blinkStartMs = performance.now();

  constructor({ name = 'Innkeeper', log = () => {} }: DisplayOptions) {
    this.#clock = new FrameClock({
      need: () => (this.#adapter.isGraphical() ? 'poll' : this.#adapter.isTextChanged() ? 'changed' : 'still'),
      nextBlinkMs: (now) => this.#nextBlinkMs(now),
      hasWaitingViewer: () => this.#server.hasWaitingViewer(),
      drawAndSend: (now) => this.#drawAndSend(now),
    });
    this.#adapter = new VgaAdapter(this.#framebuffer, () => this.#clock.guestDrew());
    this.#server = new RfbServer({
      name,
      log,
      framebuffer: this.#framebuffer,
      keyboard: this.#keyboard,
      pointer: this.#pointer,
      pointerState: () => this.#pointerState(),
      wantFrame: () => this.#clock.viewerWaits(),
    });
  }

  async screenshot(): Promise<{ width: number; height: number; png: Uint8Array }> {
    this.#adapter.refresh(true);
    const { width, height, pixels } = this.#framebuffer;
    return { width, height, png: await encodePng(pixels, width, height) };
  }

  listen(socketPath: string): Promise<void> {
    return this.#server.listen(socketPath);
  }

  typeText(text: string): Promise<void> {
    return this.#keyboard.type(text);
  }

  sendKeys(qcodes: string[]): Promise<void> {
    return this.#keyboard.pressTogether(qcodes);
  }

  attach(emulator: Emulator): void {
    this.#adapter.attach(emulator);
    this.#keyboard.attach(keyboardPortOf(emulator));
    this.#pointer.attach(pointerPortOf(emulator));
    if (this.#server.hasWaitingViewer()) this.#clock.viewerWaits();
  }

  async close(): Promise<void> {
    this.#clock.stop();
    this.#keyboard.close();
    await this.#server.close();
  }

  #drawAndSend(now: number): void {
    this.#adapter.refresh(Math.floor((now - this.#blinkStartMs) / BLINK_PHASE_MS) % 2 === 0);
    this.#server.sendUpdates();
  }

  #nextBlinkMs(now: number): number | undefined {
    if (!this.#adapter.isBlinking()) return undefined;
    return this.#blinkStartMs + (Math.floor((now - this.#blinkStartMs) / BLINK_PHASE_MS) + 1) * BLINK_PHASE_MS;
  }

  /** A guest that takes positions draws its own pointer right under the viewer's, which would only be in the way. */
  #pointerState(): PointerState {
    const isAbsolute = this.#pointer.isAbsolute();
    return { isAbsolute, cursor: isAbsolute && this.#adapter.isGraphical() ? 'none' : 'dot' };
  }
}
