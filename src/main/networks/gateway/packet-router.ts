import type { FrameSource } from '../switch/port.ts';
import type { Ipv4Input } from './ipv4-input.ts';
import type { Ipv6Input } from './ipv6-input.ts';
import { BROADCAST_MAC, type Mac } from './packets/addresses.ts';
import { ETHER_TYPES, parseEthernet } from './packets/ethernet.ts';
import { isMulticastMac } from './packets/ip-address.ts';
import { isMalformed } from './packets/refusal.ts';

export interface PacketRouterOptions {
  macAddress: Mac;
  ipv4: Ipv4Input;
  /** Undefined: the network carries no IPv6. */
  ipv6: Ipv6Input | undefined;
}

/** Looks at each frame for the gateway and hands it to the part that it concerns. Hostile frames end here. */
export class PacketRouter {
  readonly #options: PacketRouterOptions;

  constructor(options: PacketRouterOptions) {
    this.#options = options;
  }

  receive(bytes: Uint8Array, source: FrameSource): void {
    const frame = parseEthernet(bytes);
    if (isMalformed(frame)) return;
    const { macAddress, ipv4, ipv6 } = this.#options;
    const { destination, type } = frame;
    const isBroadcast = destination === BROADCAST_MAC;
    const isForUs = destination === macAddress;
    const sender = { source, mac: frame.source };
    if (type === ETHER_TYPES.ipv6) {
      if (isForUs || isMulticastMac(destination)) ipv6?.receive(frame, sender);
    } else if (isForUs || isBroadcast) {
      if (type === ETHER_TYPES.arp && source.profile !== 'quarantine') ipv4.receiveArp(frame);
      if (type === ETHER_TYPES.ipv4) ipv4.receive(frame, sender, isBroadcast);
    }
  }

  forgetPort(portId: string): void {
    this.#options.ipv4.forgetPort(portId);
    this.#options.ipv6?.forgetPort(portId);
  }
}
