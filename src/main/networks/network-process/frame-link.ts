import { connect, type Socket } from 'node:net';
import type { MachinePort } from '../switch/machine-port.ts';
import type { UplinkPort } from '../switch/uplink-port.ts';
import type { VirtualSwitch } from '../switch/virtual-switch.ts';
import { FrameDecoder } from './frame-decoder.ts';
import { FrameOutput } from './frame-output.ts';

/** The ports that have their other end behind a socket. */
export type LinkedPort = MachinePort | UplinkPort;

const FIRST_RETRY_MS = 20;
/** A machine that starts opens its socket at a time that nobody tells; asking costs little. */
const LAST_RETRY_MS = 500;
/** Who sends nonsense waits longer before it may try again. */
const NONSENSE_RETRY_MS = 5_000;
/** What one machine may bring before the others have their turn. */
const TURN_BYTES = 512 * 1024;

/**
 * Where all links read into, one after the other: what was read is with the receivers, or kept, before the next read. Larger
 * than a unix socket's usual buffer, so that a read takes all there is.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024);

/**
 * The connection of a port with its machine's adapter. The machine listens (QEMU's `-netdev stream,server=on`, and so does
 * the embedded engine), and this end connects, again and again: so either may be restarted without the other.
 */
export class FrameLink {
  readonly path: string;
  readonly #port: LinkedPort;
  readonly #switch: VirtualSwitch;
  readonly #onUp: () => void;
  #socket: Socket | undefined;
  #retryMs = FIRST_RETRY_MS;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param onUp called each time the other end is there */
  constructor(path: string, port: LinkedPort, network: VirtualSwitch, onUp: () => void = () => {}) {
    this.path = path;
    this.#port = port;
    this.#switch = network;
    this.#onUp = onUp;
    this.#connect();
  }

  /** Whether the machine's end is there. */
  get isUp(): boolean {
    return this.#port.outlet.sink !== undefined;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#port.outlet.sink = undefined;
    this.#socket?.destroy();
  }

  #connect(): void {
    const reader = new FrameReader(this.#switch, this.#port);
    const socket: Socket = connect({
      path: this.path,
      onread: { buffer: READ_BUFFER, callback: (length): boolean => reader.read(socket, length) },
    });
    this.#socket = socket;
    socket.on('connect', () => {
      this.#retryMs = FIRST_RETRY_MS;
      this.#port.outlet.sink = new FrameOutput(socket);
      this.#onUp();
    });
    socket.on('error', () => socket.destroy()); // 'close' follows
    socket.on('end', () => socket.destroy());
    socket.on('close', () => this.#retry(reader.isBroken));
    socket.resume();
  }

  #retry(wasNonsense: boolean): void {
    this.#port.outlet.sink = undefined;
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => this.#connect(), wasNonsense ? NONSENSE_RETRY_MS : this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }
}

/** What one connection brings. */
class FrameReader {
  readonly #switch: VirtualSwitch;
  readonly #port: LinkedPort;
  readonly #decoder = new FrameDecoder();
  readonly #take: (bytes: Buffer, start: number, end: number) => void;
  #turnBytes = 0;

  constructor(network: VirtualSwitch, port: LinkedPort) {
    this.#switch = network;
    this.#port = port;
    this.#take = (bytes, start, end) => network.receive(port, bytes, start, end);
  }

  get isBroken(): boolean {
    return this.#decoder.isBroken;
  }

  /** @returns false when the others come first now */
  read(socket: Socket, length: number): boolean {
    const end = this.#decoder.decode(READ_BUFFER, length, this.#take);
    this.#switch.flush();
    this.#decoder.keep(READ_BUFFER, length, end);
    if (this.#decoder.isBroken) {
      this.#port.counters.dropped.malformed += 1;
      socket.destroy();
      return false;
    }
    if (this.#turnBytes === 0) setImmediate(() => this.#newTurn(socket));
    this.#turnBytes += length;
    return this.#turnBytes < TURN_BYTES;
  }

  #newTurn(socket: Socket): void {
    const hasWaited = this.#turnBytes >= TURN_BYTES;
    this.#turnBytes = 0;
    if (hasWaited && !socket.destroyed) socket.resume();
  }
}
