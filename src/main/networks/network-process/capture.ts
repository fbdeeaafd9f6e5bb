import { closeSync, openSync, renameSync, writeSync } from 'node:fs';
import { enhancedPacket, interfaceDescription, sectionHeader } from '../switch/pcapng.ts';
import type { VirtualSwitch } from '../switch/virtual-switch.ts';

export interface CaptureOptions {
  /** Null: the whole network, each frame once, as it comes in. */
  portId: string | null;
  path: string;
  /** Size of the file at which it becomes `<path>.1`, in place of the one before, and a new one begins. */
  limitBytes: number;
}

/** Blocks are gathered for so long, or up to so many bytes: a write per frame would slow the switch down. */
const FLUSH_MS = 100;
const FLUSH_BYTES = 256 * 1024;

/** Writes frames to a pcapng file, and at most twice the limit of them. A write that fails ends it. */
export class Capture {
  readonly options: CaptureOptions;
  frames = 0;
  bytes = 0;
  /** Why it ended by itself. */
  failure: string | undefined;
  readonly #unwatch: () => void;
  readonly #interfaces = new Map<string, number>();
  readonly #startNs = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
  #blocks: Buffer[] = [];
  #gatheredBytes = 0;
  #fileBytes = 0;
  #file: number;
  #timer: NodeJS.Timeout | undefined;
  readonly #onFailure: () => void;

  /**
   * @param onFailure called when it ends by itself
   * @throws the system's error when the file cannot be made; one that is there is overwritten
   */
  constructor(network: VirtualSwitch, options: CaptureOptions, onFailure: () => void) {
    this.options = options;
    this.#onFailure = onFailure;
    this.#file = openSync(options.path, 'w', 0o600);
    this.#begin();
    const { portId } = options;
    this.#unwatch = network.watch((id, direction, frame) => {
      if (portId === null ? direction === 'out' : id === portId) this.#add(id, direction, frame);
    });
  }

  /** Writes what is left. */
  stop(): void {
    this.#unwatch();
    this.#flush();
    this.#close();
  }

  #begin(): void {
    this.#interfaces.clear();
    this.#fileBytes = 0;
    this.#gather(sectionHeader('Innkeeper'));
  }

  #add(portId: string, direction: 'in' | 'out', frame: Uint8Array): void {
    if (this.#fileBytes >= this.options.limitBytes) this.#rotate();
    if (this.failure !== undefined) return;
    let number = this.#interfaces.get(portId);
    if (number === undefined) {
      number = this.#interfaces.size;
      this.#interfaces.set(portId, number);
      this.#gather(interfaceDescription(portId));
    }
    this.#gather(enhancedPacket(number, direction, this.#startNs + process.hrtime.bigint(), frame));
    this.frames += 1;
    this.bytes += frame.length;
  }

  #gather(block: Buffer): void {
    this.#blocks.push(block);
    this.#gatheredBytes += block.length;
    this.#fileBytes += block.length;
    if (this.#gatheredBytes >= FLUSH_BYTES) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const blocks = this.#blocks;
    this.#blocks = [];
    this.#gatheredBytes = 0;
    if (this.failure !== undefined || this.#file === -1) return;
    try {
      const bytes = Buffer.concat(blocks);
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at);
    } catch (error) {
      this.#fail(error);
    }
  }

  #rotate(): void {
    this.#flush();
    const { path } = this.options;
    try {
      this.#close();
      renameSync(path, `${path}.1`);
      this.#file = openSync(path, 'w', 0o600);
      this.#begin();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.failure = error instanceof Error ? error.message : String(error);
    this.#unwatch();
    this.#close();
    this.#onFailure();
  }

  #close(): void {
    const file = this.#file;
    this.#file = -1;
    if (file !== -1) closeSync(file);
  }
}
