import type { PortCounters } from './counters.ts';
import type { FrameSink, TakeFrame } from './frame-sink.ts';

export interface OutletParts {
  /** Called when the outlet wants a flush at the end of this lot of frames. */
  onDirty: (outlet: Outlet) => void;
  /** Called with each frame that the sink has taken. */
  onDelivered: TakeFrame;
}

/** Where the frames of a port leave the switch, towards whoever is there. */
export class Outlet {
  /** Where they go; undefined while nobody is there. */
  sink: FrameSink | undefined;
  /** Frames wait in the sink for a flush. */
  #isDirty = false;
  readonly #counters: PortCounters;
  readonly #parts: OutletParts;

  /** @param counters those of the port */
  constructor(counters: PortCounters, parts: OutletParts) {
    this.#counters = counters;
    this.#parts = parts;
  }

  /** Hands a frame to the sink, and counts it or why it could not be. */
  hand(bytes: Buffer, start: number, end: number, sender: object): void {
    const counters = this.#counters;
    if (!this.sink) {
      counters.dropped.link += 1;
      return;
    }
    if (!this.#isDirty) this.#parts.onDirty(this);
    this.#isDirty = true;
    if (!this.sink.push(bytes, start, end, sender)) {
      counters.dropped.queue += 1;
      return;
    }
    counters.inFrames += 1;
    counters.inBytes += end - start;
    this.#parts.onDelivered(bytes, start, end);
  }

  flush(): void {
    this.#isDirty = false;
    this.sink?.flush();
  }
}
