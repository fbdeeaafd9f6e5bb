import type { GatewayContext } from './gateway-context.ts';
import type { HostUdp, UdpSender } from './host-network.ts';
import type { Mac } from './packets/addresses.ts';
import { formatIp, type IpAddress, isIpv6 } from './packets/ip-address.ts';
import type { IpPacket } from './packets/ip-packet.ts';
import type { UdpDatagram } from './packets/udp.ts';
import type { Sender } from './sender.ts';

const SWEEP_MS = 10_000;
/** Far ends that one port of a guest may speak to at a time. */
const MAX_FAR_ENDS = 256;

interface FarEnd {
  /** The address that the guest used: replies bear it. */
  address: IpAddress;
  lastUsedMs: number;
}

interface Mapping {
  socket: HostUdp;
  portId: string;
  toMac: Mac;
  guestAddress: IpAddress;
  guestPort: number;
  /** By address and port on the host's side. Only those that the guest spoke to may answer. */
  farEnds: Map<string, FarEnd>;
  lastUsedMs: number;
}

const farKey = ({ address, port }: UdpSender): string => `${address}:${port}`;

/**
 * UDP to the outside: one socket of the host for each port of a guest, whoever it speaks to (RFC 4787, REQ-1), and answers
 * only from those it spoke to (REQ-8, address and port).
 */
export class UdpNat {
  readonly #context: GatewayContext;
  readonly #mappings = new Map<string, Mapping>();
  readonly #counts = new Map<string, number>();
  #sweep: { cancel(): void } | undefined;

  constructor(context: GatewayContext) {
    this.#context = context;
  }

  get size(): number {
    return this.#mappings.size;
  }

  /** Sends a datagram on; the policy has agreed to it. */
  send(sender: Sender, packet: IpPacket, datagram: UdpDatagram): void {
    const key = `${packet.source}:${datagram.sourcePort}`;
    const known = this.#mappings.get(key);
    const { portId } = sender.source;
    if (known && known.portId !== portId) {
      this.#refuse('gateway.spoofed', portId, packet, datagram);
      return;
    }
    const mapping = known ?? this.#open(key, sender, packet, datagram);
    if (!mapping) return;
    mapping.toMac = sender.mac;
    mapping.lastUsedMs = this.#context.clock.nowMs();
    const to = { address: this.#context.hostAddressOf(packet.destination), port: datagram.destinationPort };
    this.#expectFrom(mapping, to, packet.destination);
    // The frame is only lent, and a datagram may leave later than now.
    mapping.socket.send(datagram.payload.slice(), to);
  }

  forgetPort(portId: string): void {
    for (const [key, mapping] of this.#mappings) if (mapping.portId === portId) this.#close(key, mapping);
  }

  close(): void {
    for (const [key, mapping] of this.#mappings) this.#close(key, mapping);
    this.#sweep?.cancel();
  }

  #open(key: string, sender: Sender, packet: IpPacket, datagram: UdpDatagram): Mapping | undefined {
    const { portId } = sender.source;
    const { host, limits } = this.#context;
    const count = this.#counts.get(portId) ?? 0;
    if (count >= limits.udpMappings) {
      this.#refuse('limit.udp', portId, packet, datagram);
      return undefined;
    }
    const mapping: Mapping = {
      socket: host.openUdp(isIpv6(packet.source) ? 6 : 4, (payload, from) => this.#reply(mapping, payload, from)),
      portId,
      toMac: sender.mac,
      guestAddress: packet.source,
      guestPort: datagram.sourcePort,
      farEnds: new Map(),
      lastUsedMs: 0,
    };
    this.#mappings.set(key, mapping);
    this.#counts.set(portId, count + 1);
    this.#sweep ??= this.#context.clock.after(SWEEP_MS, () => this.#sweepIdle());
    return mapping;
  }

  #expectFrom(mapping: Mapping, to: UdpSender, address: IpAddress): void {
    const key = farKey(to);
    const { farEnds } = mapping;
    // Put back in at the end, so that the first in order is the one that was silent longest.
    farEnds.delete(key);
    const oldest = farEnds.size >= MAX_FAR_ENDS ? farEnds.keys().next().value : undefined;
    if (oldest !== undefined) farEnds.delete(oldest);
    farEnds.set(key, { address, lastUsedMs: mapping.lastUsedMs });
  }

  #reply(mapping: Mapping, payload: Uint8Array, from: UdpSender): void {
    const farEnd = mapping.farEnds.get(farKey(from));
    const { clock, limits, outbound } = this.#context;
    if (!farEnd || clock.nowMs() - farEnd.lastUsedMs > limits.udpIdleMs) return;
    const route = { toMac: mapping.toMac, source: farEnd.address, destination: mapping.guestAddress };
    outbound.udp(route, from.port, mapping.guestPort, payload);
  }

  #sweepIdle(): void {
    const { clock, limits } = this.#context;
    for (const [key, mapping] of this.#mappings) {
      if (clock.nowMs() - mapping.lastUsedMs > limits.udpIdleMs) this.#close(key, mapping);
    }
    this.#sweep = this.#mappings.size === 0 ? undefined : clock.after(SWEEP_MS, () => this.#sweepIdle());
  }

  #close(key: string, mapping: Mapping): void {
    this.#mappings.delete(key);
    mapping.socket.close();
    const left = (this.#counts.get(mapping.portId) ?? 1) - 1;
    if (left > 0) this.#counts.set(mapping.portId, left);
    else this.#counts.delete(mapping.portId);
  }

  #refuse(rule: 'gateway.spoofed' | 'limit.udp', portId: string, packet: IpPacket, datagram: UdpDatagram): void {
    const destination = formatIp(packet.destination);
    const { destinationPort } = datagram;
    this.#context.refuse({ portId, rule, protocol: 'udp', destination, destinationPort });
  }
}
