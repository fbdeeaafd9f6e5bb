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
  readonly #counts = new Map<string, Count>();

  /** @param portId `<machine id>/<adapter>` */
  note(portId: string, { inBytes, outBytes }: Pick<PortCounters, 'inBytes' | 'outBytes'>): void {
    const { base, last } = this.#counts.get(portId) ?? { base: NOTHING, last: NOTHING };
    const isNew = inBytes < last.inBytes || outBytes < last.outBytes;
    this.#counts.set(portId, { base: isNew ? add(base, last) : base, last: { inBytes, outBytes } });
  }

  /** Of all adapters of a machine; undefined: nothing is known. */
  of(machineId: string): Traffic | undefined {
    const own = [...this.#counts].filter(([id]) => id.startsWith(`${machineId}/`));
    if (own.length === 0) return undefined;
    return own.reduce((sum, [, { base, last }]) => add(sum, add(base, last)), NOTHING);
  }

  /** A new session begins at nothing. */
  forget(machineId: string): void {
    for (const id of [...this.#counts.keys()]) if (id.startsWith(`${machineId}/`)) this.#counts.delete(id);
  }
}

const NOTHING: Traffic = { inBytes: 0, outBytes: 0 };

const add = (a: Traffic, b: Traffic): Traffic => ({
  inBytes: a.inBytes + b.inBytes,
  outBytes: a.outBytes + b.outBytes,
});
