import { formatMac } from './mac.ts';
import { MacTable } from './mac-table.ts';

export interface KnownAddress {
  macAddress: string;
  portId: string;
  /** Null: the port's own address, which does not age. */
  ageMs: number | null;
}

/** What the book has to know of a port: its id, and the address that is its own. */
export interface Addressed {
  readonly id: string;
  readonly mac: number;
}

/** Which address is behind which port: those that belong to a port for good, and those that were heard there. */
export class AddressBook<Port extends Addressed> {
  readonly #owners = new Map<number, Port>();
  readonly #learnt = new MacTable<Port>();

  /** @throws RangeError when the address belongs to another */
  own(port: Port): void {
    const owner = this.#owners.get(port.mac);
    if (owner) throw new RangeError(`The address ${formatMac(port.mac)} belongs to the port '${owner.id}'.`);
    this.#owners.set(port.mac, port);
    this.#learnt.forget(port.mac);
  }

  disown(port: Port): void {
    this.#owners.delete(port.mac);
    this.#learnt.forgetPort(port);
  }

  hasOwner(mac: number): boolean {
    return this.#owners.has(mac);
  }

  /** Notes that a frame from this address, which is nobody's own, came in here; times in milliseconds. */
  learn(mac: number, port: Port, nowMs: number): void {
    this.#learnt.learn(mac, port, nowMs);
  }

  /** Forgets what was heard behind the port. */
  unlearn(port: Port): void {
    this.#learnt.forgetPort(port);
  }

  find(mac: number, nowMs: number): Port | undefined {
    return this.#owners.get(mac) ?? this.#learnt.find(mac, nowMs);
  }

  /** The ports' own addresses, then those that were learnt. */
  list(nowMs: number): KnownAddress[] {
    const own = [...this.#owners].map(([mac, { id }]) => ({ macAddress: formatMac(mac), portId: id, ageMs: null }));
    const learnt = [...this.#learnt.known(nowMs)].map(({ mac, port, ageMs }) => {
      return { macAddress: formatMac(mac), portId: port.id, ageMs };
    });
    return [...own, ...learnt];
  }
}
