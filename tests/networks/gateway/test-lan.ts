import { BROADCAST_MAC, parseMac } from '../../../src/main/networks/gateway/packets/addresses.ts';
import { readMac } from '../../../src/main/networks/gateway/packets/ethernet.ts';
import { isMulticastMac } from '../../../src/main/networks/gateway/packets/ip-address.ts';
import type { FrameSource, MemberHost, MemberLink, SwitchMember } from '../../../src/main/networks/switch/port.ts';
import type { IsolationProfile } from '../../../src/shared/model/network.ts';

/** How often a frame arrives: 0 is a loss, 2 a double; `isLate` lets others overtake it. */
export interface Fate {
  copies: number;
  isLate: boolean;
}

export interface Cable {
  send(frame: Uint8Array): void;
  setProfile(profile: IsolationProfile): void;
  unplug(): void;
  /** Plugs in again what was unplugged. */
  replug(): void;
}

interface Port {
  source: FrameSource;
  receive: (frame: Uint8Array) => void;
}

/** Scripted guests and one member on a wire: frames are copied, and arrive in a later turn, as through a process. */
export class TestLan implements MemberHost {
  readonly #ports = new Map<string, Port>();
  readonly #fate: () => Fate;
  #member: SwitchMember | undefined;
  #queue: (() => void)[] = [];

  constructor(fate: () => Fate = () => ({ copies: 1, isLate: false })) {
    this.#fate = fate;
  }

  attach(member: SwitchMember): MemberLink {
    this.#member = member;
    return {
      send: (frame) => this.#toGuests(frame.slice()),
      detach: () => {
        this.#member = undefined;
      },
    };
  }

  sources(): readonly FrameSource[] {
    return [...this.#ports.values()].map(({ source }) => source);
  }

  plug(portId: string, macAddress: string, profile: IsolationProfile, receive: (frame: Uint8Array) => void): Cable {
    const port: Port = { source: { portId, macAddress, profile }, receive };
    this.#ports.set(portId, port);
    return {
      send: (frame) => {
        const copy = frame.slice();
        this.#later(() => this.#member?.receive(copy, port.source));
      },
      setProfile: (changed) => {
        port.source = { ...port.source, profile: changed };
      },
      unplug: () => void this.#ports.delete(portId),
      replug: () => void this.#ports.set(portId, port),
    };
  }

  #toGuests(frame: Uint8Array): void {
    const destination = readMac(frame, 0);
    for (const port of this.#ports.values()) {
      const isForAll = destination === BROADCAST_MAC || isMulticastMac(destination);
      const isForIt = isForAll || parseMac(port.source.macAddress ?? '') === destination;
      if (isForIt) this.#later(() => port.receive(frame));
    }
  }

  #later(arrive: () => void): void {
    const { copies, isLate } = this.#fate();
    for (let copy = 0; copy < copies; copy += 1) {
      if (isLate) setTimeout(arrive, 3);
      else this.#enqueue(arrive);
    }
  }

  #enqueue(arrive: () => void): void {
    this.#queue.push(arrive);
    if (this.#queue.length > 1) return;
    setImmediate(() => {
      const due = this.#queue;
      this.#queue = [];
      for (const each of due) each();
    });
  }
}
