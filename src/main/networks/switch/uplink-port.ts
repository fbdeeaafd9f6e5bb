import { type DropReason, newCounters, type PortCounters } from './counters.ts';
import type { FrameSink } from './frame-sink.ts';
import type { FrameSource } from './port.ts';
import { StormControl } from './storm-control.ts';

/** Id of the uplink on its switch, in captures too. No port of a machine is called so. */
export const UPLINK_ID = 'uplink';
/** It has no address of its own: everybody behind it has one. */
const NO_ADDRESS = -1;

export interface UplinkParts {
  /**
   * False: nobody is given an address or a router across the uplink, in either direction. The network's own gateway gives
   * them to the machines, and must never give them to computers beyond.
   */
  carriesAddresses: boolean;
  /** Called when the port wants a flush at the end of this lot of frames. */
  onDirty: (port: UplinkPort) => void;
  /** Called with each frame that goes out through it. */
  onDelivered: (bytes: Buffer, start: number, end: number) => void;
}

/**
 * The port behind which the host's own interface is, and whoever is beyond that. What nobody here has is there. Only
 * adapters with the profile `open` meet it: no policy of ours reaches beyond.
 */
export class UplinkPort {
  readonly kind = 'uplink';
  readonly id = UPLINK_ID;
  readonly mac = NO_ADDRESS;
  readonly carriesAddresses: boolean;
  /** `in` is towards the host's interface, `out` from it. */
  readonly counters: PortCounters = newCounters();
  readonly storm = new StormControl();
  /** As the gateway sees it: it may use the gateway's own services, and nothing behind them. */
  readonly source: FrameSource = { portId: UPLINK_ID, profile: 'offline', macAddress: null };
  /** Where frames for the host's interface go; undefined while nobody carries them there. */
  sink: FrameSink | undefined;
  #isDirty = false;
  readonly #parts: UplinkParts;

  constructor(parts: UplinkParts) {
    this.#parts = parts;
    this.carriesAddresses = parts.carriesAddresses;
  }

  /** Brings a frame towards the host's interface, and counts it or why it could not be. */
  deliver(bytes: Buffer, start: number, end: number, sender: object): void {
    const reason = this.#hand(bytes, start, end, sender);
    if (reason) this.counters.dropped[reason] += 1;
  }

  flush(): void {
    this.#isDirty = false;
    this.sink?.flush();
  }

  #hand(bytes: Buffer, start: number, end: number, sender: object): DropReason | undefined {
    if (!this.sink) return 'link';
    if (!this.#isDirty) this.#parts.onDirty(this);
    this.#isDirty = true;
    if (!this.sink.push(bytes, start, end, sender)) return 'queue';
    this.counters.inFrames += 1;
    this.counters.inBytes += end - start;
    this.#parts.onDelivered(bytes, start, end);
    return undefined;
  }
}
