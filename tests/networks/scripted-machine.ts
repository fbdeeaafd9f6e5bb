import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { FrameDecoder } from '../../src/main/networks/network-process/frame-decoder.ts';
import { framed, macOf } from './frames.ts';

/** A machine as a network sees it: a socket that listens and speaks frames. It counts frames, and keeps the latest. */
export class ScriptedMachine {
  readonly number: number;
  readonly path: string;
  received = 0;
  readonly latest: Buffer[] = [];
  readonly #server: Server;
  #peer: Socket | undefined;
  #wake = (): void => {};

  private constructor(folder: string, number: number) {
    this.number = number;
    this.path = path.join(folder, `m${number}`);
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async listen(folder: string, number: number): Promise<ScriptedMachine> {
    const machine = new ScriptedMachine(folder, number);
    await new Promise<void>((resolve) => machine.#server.listen(machine.path, resolve));
    machine.#server.unref();
    return machine;
  }

  get mac(): string {
    return macOf(this.number);
  }

  get isConnected(): boolean {
    return this.#peer !== undefined;
  }

  /** Resolves when the network has taken what was written. */
  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#peer) reject(new Error(`nobody is connected to machine ${this.number}`));
      this.#peer?.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  send(frame: Uint8Array): Promise<void> {
    return this.write(framed(frame));
  }

  /** Stops reading, as a guest that hangs does. */
  hang(): void {
    this.#peer?.pause();
  }

  disconnect(): void {
    this.#peer?.destroy();
  }

  /** Waits until this holds; looks at each arrival and departure. */
  async until(holds: () => boolean, timeoutMs = 15_000): Promise<void> {
    const end = performance.now() + timeoutMs;
    while (!holds()) {
      const leftMs = end - performance.now();
      if (leftMs <= 0) throw new Error(`machine ${this.number} waited for ${holds} in vain (${this.received} frames)`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Waits for a frame that was not there yet. */
  async expect(frame: Buffer): Promise<void> {
    await this.until(() => this.latest.some((each) => each.equals(frame)));
  }

  #accept(socket: Socket): void {
    this.#peer?.destroy();
    this.#peer = socket;
    const decoder = new FrameDecoder();
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (this.#peer === socket) this.#peer = undefined;
      this.#wake();
    });
    socket.on('data', (piece: Buffer) => {
      const end = decoder.decode(piece, piece.length, (bytes, from, to) => this.#take(bytes.subarray(from, to)));
      decoder.keep(piece, piece.length, end);
      this.#wake();
    });
    this.#wake();
  }

  #take(frame: Buffer): void {
    this.received += 1;
    this.latest.push(Buffer.from(frame));
    if (this.latest.length > 64) this.latest.shift();
  }
}
