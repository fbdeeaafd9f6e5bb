import type { Duplex } from 'node:stream';
import type { Framebuffer } from '../framebuffer.ts';
import type { Keyboard } from '../input/keyboard.ts';
import { type Pointer, ViewerPointer } from '../input/pointer.ts';
import { ViewerKeys } from '../input/viewer-keys.ts';
import { GREETING, Handshake, serverInitMessage } from './handshake.ts';
import { type ClientMessage, parseMessage } from './messages.ts';
import { framebufferUpdate } from './protocol.ts';
import { type PointerState, ViewerState } from './viewer-state.ts';

/** Whoever has not finished the handshake by then is shown the door. */
const HANDSHAKE_TIMEOUT_MS = 15_000;

/** What viewers share. */
export interface ViewerHost {
  readonly name: string;
  readonly framebuffer: Framebuffer;
  readonly keyboard: Keyboard;
  readonly pointer: Pointer;
  pointerState(): PointerState;
  /** A viewer waits for changes: `sendUpdate` is to be called after the next frame. */
  wantFrame(): void;
  log(message: string): void;
}

/** One viewer: reads what it says, and sends it one update for each request, never more than it takes. */
export class RfbConnection {
  readonly #stream: Duplex;
  readonly #host: ViewerHost;
  readonly #viewer: ViewerState;
  readonly #keys: ViewerKeys;
  readonly #mouse: ViewerPointer;
  readonly #handshake: Handshake;
  readonly #handshakeTimer: NodeJS.Timeout;
  #input: Buffer = Buffer.alloc(0);
  #toSkip = 0;
  #isSending = false;

  /** `onEnd` is called once, when the viewer has gone or was closed. */
  constructor(stream: Duplex, host: ViewerHost, onEnd: () => void) {
    this.#stream = stream;
    this.#host = host;
    this.#viewer = new ViewerState(host.framebuffer);
    this.#keys = new ViewerKeys(host.keyboard);
    this.#mouse = new ViewerPointer(host.pointer);
    this.#handshake = new Handshake(() => serverInitMessage(this.#viewer.width, this.#viewer.height, host.name));
    this.#handshakeTimer = setTimeout(() => this.#fail('handshake not finished in time'), HANDSHAKE_TIMEOUT_MS);
    stream.on('data', (chunk: Buffer) => this.#take(chunk));
    stream.on('drain', () => this.#askForFrame());
    stream.on('error', (error) => host.log(`viewer lost: ${error.message}`));
    stream.once('close', () => {
      clearTimeout(this.#handshakeTimer);
      this.#keys.releaseAll();
      this.#mouse.releaseAll();
      onEnd();
    });
    stream.write(GREETING);
  }

  /** Whether an update could be sent as soon as something changes. */
  get isWaiting(): boolean {
    return this.#viewer.isWaiting && !this.#isSending && !this.#stream.writableNeedDrain && !this.#stream.destroyed;
  }

  close(): void {
    this.#stream.destroy();
  }

  /** Sends what changed, if the viewer asked for it and has taken everything before. Never rejects. */
  async sendUpdate(): Promise<void> {
    if (!this.isWaiting) return;
    try {
      const update = this.#viewer.takeUpdate(this.#host.pointerState());
      if (!update) return;
      this.#isSending = true;
      const rectangles = await update;
      if (!this.#stream.destroyed) this.#write(framebufferUpdate(rectangles));
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
    this.#isSending = false;
    this.#askForFrame();
  }

  /** A request that came while the one before was being met, or while the viewer took nothing, is still open. */
  #askForFrame(): void {
    if (this.isWaiting) this.#host.wantFrame();
  }

  #write(parts: readonly Buffer[]): void {
    this.#stream.cork();
    for (const part of parts) this.#stream.write(part);
    this.#stream.uncork();
  }

  #take(chunk: Buffer): void {
    this.#input = this.#input.length === 0 ? chunk : Buffer.concat([this.#input, chunk]);
    try {
      while (!this.#stream.destroyed && this.#skip() && this.#step());
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  /** Throws away what is not wanted; false when all input was of that kind. */
  #skip(): boolean {
    const skipped = Math.min(this.#toSkip, this.#input.length);
    this.#toSkip -= skipped;
    this.#input = this.#input.subarray(skipped);
    return this.#toSkip === 0;
  }

  /** Takes one message; false when more bytes are needed. */
  #step(): boolean {
    if (!this.#handshake.isDone) {
      const taken = this.#handshake.take(this.#input);
      if (!taken) return false;
      this.#input = this.#input.subarray(taken.consumed);
      this.#stream.write(taken.reply);
      if (this.#handshake.isDone) clearTimeout(this.#handshakeTimer);
      return true;
    }
    const parsed = parseMessage(this.#input);
    if (!parsed) return false;
    this.#input = this.#input.subarray(parsed.consumed);
    this.#toSkip = parsed.skip;
    this.#handle(parsed.message);
    return true;
  }

  #handle(message: ClientMessage): void {
    switch (message.type) {
      case 'setPixelFormat':
        this.#viewer.setPixelFormat(message.format);
        break;
      case 'setEncodings':
        this.#viewer.setEncodings(message.encodings);
        break;
      case 'updateRequest':
        this.#viewer.request(message.area, message.isIncremental);
        this.#host.wantFrame();
        break;
      case 'key':
        this.#keys.keysym(message.keysym, message.isDown);
        break;
      case 'extendedKey':
        this.#keys.keycode(message.keycode, message.isDown, message.keysym);
        break;
      case 'pointer':
        this.#movePointer(message);
        break;
      case 'setDesktopSize':
        this.#viewer.refuseResize();
        break;
      case 'cutText':
        break;
    }
  }

  #movePointer({ mask, x, y }: Extract<ClientMessage, { type: 'pointer' }>): void {
    const { width, height, sendsPositions } = this.#viewer;
    if (!sendsPositions) this.#mouse.byMovement(mask, x, y);
    else this.#mouse.atPosition(mask, Math.min(x, width - 1), Math.min(y, height - 1), width, height);
  }

  #fail(reason: string): void {
    this.#host.log(`viewer closed: ${reason}`);
    this.#stream.destroy();
  }
}
