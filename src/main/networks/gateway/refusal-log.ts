import type { RuleId } from './policy.ts';

/** One thing that the gateway did not do for a machine, and why. */
export interface Refusal {
  atMs: number;
  portId: string;
  rule: RuleId;
  protocol: 'tcp' | 'udp' | 'icmp' | 'dns' | 'dhcp' | 'other';
  /** Where it was to go, as text; a name for `dns`. */
  destination: string;
  /** Of TCP and UDP; null otherwise. */
  destinationPort: number | null;
}

const KEPT = 256;

/** Counts every refusal by its rule and keeps the latest few, so that a report can name the rule responsible. */
export class RefusalLog {
  readonly #latest: Refusal[] = [];
  readonly #counts = new Map<RuleId, number>();

  add(refusal: Refusal): void {
    this.#counts.set(refusal.rule, (this.#counts.get(refusal.rule) ?? 0) + 1);
    this.#latest.push(refusal);
    if (this.#latest.length > KEPT) this.#latest.shift();
  }

  /** The latest refusals of all ports or of one, the newest last. */
  latest(portId?: string): Refusal[] {
    return this.#latest.filter((each) => portId === undefined || each.portId === portId);
  }

  /** How often each rule said no since the gateway began. */
  counts(): Partial<Record<RuleId, number>> {
    return Object.fromEntries(this.#counts);
  }
}
