import type { Socket } from 'node:net';
import type { Emulator } from './emulator-types.ts';
import { SocketServer } from './socket-server.ts';

/** Output that a client gets that comes later, in bytes. */
const HISTORY_BYTES = 64 * 1024;
/** Output that a client may leave unread, in bytes, before it is let go. */
const MAX_UNREAD_BYTES = 1024 ** 2;
/** Input that waits for the guest, in bytes, before clients are read no further. */
const MAX_WAITING_BYTES = 64 * 1024;
/** Bytes that may lie in the port unfetched, and how often that is looked at: 25 KB/s for a guest that keeps up. */
const PORT_BYTES = 256;
const FEED_MS = 10;

/** The first serial port as a stream of bytes on a unix socket, for any number of clients at once. */
export class SerialPort {
  readonly #emulator: Emulator;
  readonly #server: SocketServer;
  #chunk = Buffer.alloc(4096);
  #chunkLength = 0;
  #history = Buffer.alloc(0);
  readonly #input: Buffer[] = [];
  #inputLength = 0;
  #feedTimer: NodeJS.Timeout | undefined;

  constructor(emulator: Emulator) {
    this.#emulator = emulator;
    this.#server = new SocketServer((socket) => this.#accept(socket));
    emulator.add_listener('serial0-output-byte', (byte) => this.#take(byte));
  }

  async listen(socketPath: string): Promise<void> {
    await this.#server.listen(socketPath);
  }

  close(): void {
    this.#flush();
    clearTimeout(this.#feedTimer);
    this.#server.close();
  }

  #accept(socket: Socket): void {
    this.#flush();
    if (this.#history.length > 0) socket.write(this.#history);
    socket.on('data', (bytes) => {
      this.#input.push(bytes);
      this.#inputLength += bytes.length;
      if (this.#inputLength > MAX_WAITING_BYTES) for (const client of this.#server.clients) client.pause();
      this.#feed();
    });
  }

  /** Called for each byte of output: collected, and sent once per turn. */
  #take(byte: number): void {
    if (this.#chunkLength === 0) setImmediate(() => this.#flush());
    this.#chunk[this.#chunkLength] = byte;
    this.#chunkLength += 1;
    if (this.#chunkLength === this.#chunk.length) this.#flush();
  }

  #flush(): void {
    if (this.#chunkLength === 0) return;
    const output = Buffer.from(this.#chunk.subarray(0, this.#chunkLength));
    this.#chunkLength = 0;
    this.#emulator.v86.cpu.devices.uart0.current_line = '';
    this.#history = Buffer.concat([this.#history, output]).subarray(-HISTORY_BYTES);
    for (const client of this.#server.clients) {
      client.write(output);
      if (client.writableLength > MAX_UNREAD_BYTES) client.destroy();
    }
  }

  /** Hands input to the guest as fast as it fetches it: a guest that stands still must not pile it up. */
  #feed(): void {
    if (this.#feedTimer) return;
    const port = this.#emulator.v86.cpu.devices.uart0.input;
    while (this.#inputLength > 0 && port.length < PORT_BYTES) {
      const [first = Buffer.alloc(0)] = this.#input;
      const now = first.subarray(0, PORT_BYTES - port.length);
      for (const byte of now) this.#emulator.bus.send('serial0-input', byte);
      this.#inputLength -= now.length;
      if (now.length === first.length) this.#input.shift();
      else this.#input[0] = first.subarray(now.length);
    }
    if (this.#inputLength <= MAX_WAITING_BYTES) for (const client of this.#server.clients) client.resume();
    if (this.#inputLength > 0) {
      this.#feedTimer = setTimeout(() => {
        this.#feedTimer = undefined;
        this.#feed();
      }, FEED_MS);
    }
  }
}
