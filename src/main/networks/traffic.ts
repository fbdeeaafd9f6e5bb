import type { PortCounters } from './switch/counters.ts';

export interface Traffic {
  /** Towards the guest, and from it. */
  inBytes: number;
  outBytes: number;
}

interface Count {
  /** What was counted by ports that are gone. */
  base: Traffic;
  last: Traffic;
}

/**
 * Adds up what went over an adapter in one session, also when its port was made anew in between: another network, or a new
 * process of the same one.
 */
export class TrafficCounts {
  /** By machine, then by port. */
  readonly #counts = new Map<string, Map<string, Count>>();

  /** @param portId `<machine id>/<adapter>` */
  note(portId: string, { inBytes, outBytes }: Pick<PortCounters, 'inBytes' | 'outBytes'>): void {
    const own = this.#countsOf(portId.slice(0, portId.lastIndexOf('/')));
    const { base, last } = own.get(portId) ?? { base: NOTHING, last: NOTHING };
    const isNew = inBytes < last.inBytes || outBytes < last.outBytes;
    own.set(portId, { base: isNew ? add(base, last) : base, last: { inBytes, outBytes } });
  }

  /** Of all adapters of a machine; undefined: nothing is known. */
  of(machineId: string): Traffic | undefined {
    const own = this.#counts.get(machineId);
    return own && [...own.values()].reduce((sum, { base, last }) => add(sum, add(base, last)), NOTHING);
  }

  /** A new session begins at nothing. */
  forget(machineId: string): void {
    this.#counts.delete(machineId);
  }

  #countsOf(machineId: string): Map<string, Count> {
    const known = this.#counts.get(machineId);
    if (known) return known;
    const own = new Map<string, Count>();
    this.#counts.set(machineId, own);
    return own;
  }
}

const NOTHING: Traffic = { inBytes: 0, outBytes: 0 };

const add = (a: Traffic, b: Traffic): Traffic => ({
  inBytes: a.inBytes + b.inBytes,
  outBytes: a.outBytes + b.outBytes,
});
