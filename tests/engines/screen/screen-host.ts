import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Framebuffer } from '../../../src/main/engines/embedded/machine-process/screen/framebuffer.ts';
import { Keyboard } from '../../../src/main/engines/embedded/machine-process/screen/input/keyboard.ts';
import { Pointer } from '../../../src/main/engines/embedded/machine-process/screen/input/pointer.ts';
import { RfbServer } from '../../../src/main/engines/embedded/machine-process/screen/rfb/server.ts';
import type { PointerState } from '../../../src/main/engines/embedded/machine-process/screen/rfb/viewer-state.ts';

/** A server with a picture and no guest: bytes for the keyboard and the mouse are written down. */
export class ScreenHost {
  readonly framebuffer: Framebuffer;
  readonly keyboard = new Keyboard();
  readonly pointer = new Pointer();
  readonly keyBytes: number[] = [];
  readonly pointerCalls: string[] = [];
  readonly logged: string[] = [];
  pointerKind: PointerState = { isAbsolute: true, cursor: 'dot' };
  readonly #server: RfbServer;
  readonly #folder: string;

  private constructor(folder: string, width: number, height: number) {
    this.#folder = folder;
    this.framebuffer = new Framebuffer(width, height);
    this.#server = new RfbServer({
      name: 'host',
      framebuffer: this.framebuffer,
      keyboard: this.keyboard,
      pointer: this.pointer,
      pointerState: () => this.pointerKind,
      wantFrame: () => this.draw(),
      log: (message) => this.logged.push(message),
    });
    this.keyboard.attach({
      send: (byte) => this.keyBytes.push(byte),
      pendingBytes: () => 0,
      isListening: () => true,
    });
    this.pointer.attach({
      isAbsolute: () => this.pointerKind.isAbsolute,
      isReady: () => true,
      moveTo: (x, y, w, h) => this.pointerCalls.push(`to ${x},${y} of ${w}x${h}`),
      moveBy: (dx, dy) => this.pointerCalls.push(`by ${dx},${dy}`),
      setButtons: (left, middle, right) =>
        this.pointerCalls.push(`buttons ${[left, middle, right].map(Number).join('')}`),
      turnWheel: (notches) => this.pointerCalls.push(`wheel ${notches}`),
    });
  }

  static async open(width: number, height: number): Promise<ScreenHost> {
    const host = new ScreenHost(await mkdtemp(join(tmpdir(), 'screen-')), width, height);
    await host.#server.listen(host.path);
    return host;
  }

  get path(): string {
    return join(this.#folder, 'screen.sock');
  }

  /** Sends what changed to the viewers that wait. */
  draw(): void {
    this.#server.sendUpdates();
  }

  paint(x: number, y: number, ...pixels: number[]): void {
    this.framebuffer.putRow(x, y, Uint32Array.from(pixels), 0, pixels.length);
  }

  async close(): Promise<void> {
    this.keyboard.close();
    await this.#server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
