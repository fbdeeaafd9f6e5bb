import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { IsolationProfile } from '../../../shared/model/network.ts';
import type { GatewayContext } from './gateway-context.ts';
import { formatIp, type IpAddress } from './packets/ip-address.ts';
import type { IpPacket } from './packets/ip-packet.ts';
import { FLAGS, type TcpSegment } from './packets/tcp-segment.ts';
import type { Sender } from './sender.ts';
import { makeReset } from './tcp/reset.ts';
import { TcpFlow, type TcpFlowOptions } from './tcp-flow.ts';

const SWEEP_MS = 5_000;
/** A connection gets less than this only when its machine has very many. */
const MIN_BUFFER_BYTES = 16 * 1024;
const MAX_BUFFER_BYTES = 512 * 1024;
/** Ports that stand for clients of port forwards (RFC 6335, section 6: dynamic ports). */
const EPHEMERAL = { first: 49_152, count: 16_384 };

/** One connection of a machine, as a report shows it. */
export interface FlowInfo {
  portId: string;
  direction: 'out' | 'in';
  guestAddress: string;
  guestPort: number;
  farAddress: string;
  farPort: number;
  state: string;
}

/** The host's side of a new connection; `reset`: nobody listens; `told`: it may not be, and the guest has been told. */
export type Connect = () => Duplex | 'reset' | 'told';

interface Entry {
  key: string;
  flow: TcpFlow;
  portId: string;
  profile: IsolationProfile;
  direction: 'out' | 'in';
  guestAddress: IpAddress;
  guestPort: number;
  farAddress: IpAddress;
  farPort: number;
  /** Of a connection by a port forward. */
  forward?: Pick<InboundOptions, 'forwardId' | 'isAsleep'>;
}

export interface InboundOptions extends Required<Pick<TcpFlowOptions, 'onOpen' | 'onRefused' | 'onCall'>> {
  sender: Sender;
  guestAddress: IpAddress;
  guestPort: number;
  stream: Socket;
  /** Of the port forward that it comes by. */
  forwardId: string;
  /** Whether the guest sleeps, or is about to: what is open to it stays so until it is awake. */
  isAsleep: () => boolean;
}

/** Without a key it gets that of its place. */
type FlowHooks = { key?: string } & Pick<TcpFlowOptions, 'onConnectFailed' | 'onOpen' | 'onRefused' | 'onCall'>;

const keyOf = (guestAddress: IpAddress, guestPort: number, farAddress: IpAddress, farPort: number): string =>
  `${guestAddress}:${guestPort}:${farAddress}:${farPort}`;

/** The TCP connections of all machines on the network, each joined to one on the host's side. */
export class TcpNat {
  readonly #context: GatewayContext;
  readonly #entries = new Map<string, Entry>();
  readonly #counts = new Map<string, number>();
  #sweep: { cancel(): void } | undefined;
  #nextEphemeral = 0;
  #retired = 0;

  constructor(context: GatewayContext) {
    this.#context = context;
  }

  flows(): FlowInfo[] {
    return [...this.#entries.values()].map((entry) => ({
      portId: entry.portId,
      direction: entry.direction,
      guestAddress: formatIp(entry.guestAddress),
      guestPort: entry.guestPort,
      farAddress: formatIp(entry.farAddress),
      farPort: entry.farPort,
      state: entry.flow.endpoint.state,
    }));
  }

  /** A segment for the host's side. `connect` is asked for the other half of a connection that is new. */
  receive(sender: Sender, packet: IpPacket, segment: TcpSegment, connect: Connect): void {
    const key = keyOf(packet.source, segment.sourcePort, packet.destination, segment.destinationPort);
    const entry = this.#entries.get(key);
    if (entry && entry.portId !== sender.source.portId) {
      this.#refuse('gateway.spoofed', sender, packet, segment);
    } else if (entry && !entry.flow.endpoint.isReplacedBy(segment)) {
      this.#pass(entry, sender, segment);
    } else {
      if (entry) this.#retire(entry);
      this.#begin(key, sender, packet, segment, connect);
    }
  }

  /** Opens a connection from the gateway to a guest, for a port forward. */
  open({ sender, guestAddress, guestPort, stream, forwardId, isAsleep, ...hooks }: InboundOptions): void {
    const farPort = this.#freePort(guestAddress, guestPort);
    if (farPort === undefined || this.#isFull(sender.source.portId)) {
      stream.resetAndDestroy();
      return;
    }
    const place = { guestAddress, guestPort, farAddress: this.#context.address, farPort };
    const entry = this.#add(sender, place, 'in', stream, hooks);
    entry.forward = { forwardId, isAsleep };
    entry.flow.endpoint.connect();
  }

  /**
   * The machine's cable is out, or it is gone: its connections end without a word to it. One that goes to sleep knows of
   * them when it wakes: those that clients of its forwards have open go on then.
   */
  forgetPort(portId: string): void {
    for (const entry of this.#entries.values()) {
      const isKept = entry.flow.isOpen && entry.forward?.isAsleep();
      if (entry.portId === portId && !isKept) this.#remove(entry);
    }
  }

  /** Whether a client of this forward waits for the guest. */
  isOwed(forwardId: string): boolean {
    return [...this.#entries.values()].some(({ forward, flow }) => forward?.forwardId === forwardId && flow.isOwed);
  }

  /** Ends what was kept for a guest that will not wake. @param isThere whether a port is on the network */
  dropAbsent(forwardId: string, isThere: (portId: string) => boolean): void {
    for (const entry of this.#entries.values()) {
      if (entry.forward?.forwardId === forwardId && !isThere(entry.portId)) this.#remove(entry);
    }
  }

  close(): void {
    for (const entry of this.#entries.values()) {
      entry.flow.abort();
      this.#remove(entry);
    }
    this.#sweep?.cancel();
  }

  /** A profile may have changed since the connection began. */
  #pass(entry: Entry, { source }: Sender, segment: TcpSegment): void {
    if (entry.profile !== source.profile) {
      entry.profile = source.profile;
      const { isAllowed, rule } = this.#context.judge(source.profile, entry.farAddress, entry.direction);
      if (!isAllowed) {
        entry.flow.abort();
        const destination = formatIp(entry.farAddress);
        this.#context.refuse({
          portId: entry.portId,
          rule,
          protocol: 'tcp',
          destination,
          destinationPort: entry.farPort,
        });
        return;
      }
    }
    entry.flow.receive(segment);
  }

  #begin(key: string, sender: Sender, packet: IpPacket, segment: TcpSegment, connect: Connect): void {
    if ((segment.flags & FLAGS.rst) !== 0) return;
    const isSyn = (segment.flags & (FLAGS.syn | FLAGS.ack)) === FLAGS.syn;
    const isFull = isSyn && this.#isFull(sender.source.portId);
    if (isFull) this.#refuse('limit.tcp', sender, packet, segment);
    const stream = isSyn && !isFull ? connect() : 'reset';
    if (stream === 'reset') {
      const route = { toMac: sender.mac, source: packet.destination, destination: packet.source };
      this.#context.outbound.tcp(route, makeReset(segment));
    } else if (stream !== 'told') {
      this.#join(key, sender, packet, segment, stream);
    }
  }

  #join(key: string, sender: Sender, packet: IpPacket, segment: TcpSegment, stream: Duplex): void {
    const place = {
      guestAddress: packet.source,
      guestPort: segment.sourcePort,
      farAddress: packet.destination,
      farPort: segment.destinationPort,
    };
    const kept = { ...packet, bytes: packet.bytes.slice() };
    const onConnectFailed = (error: NodeJS.ErrnoException): boolean => this.#tellFailure(error, sender, kept);
    const { flow } = this.#add(sender, place, 'out', stream, { onConnectFailed, key });
    flow.endpoint.hear(segment);
    // Sockets tell when they are connected; a stream of the gateway's own is ready at once.
    if ('connecting' in stream && stream.connecting) stream.once('connect', () => flow.endpoint.accept());
    else flow.endpoint.accept();
  }

  /** Passes on what the host's network said; a refused connection, and all that is unknown, becomes a reset. */
  #tellFailure(error: NodeJS.ErrnoException, sender: Sender, packet: IpPacket): boolean {
    if (error.code === 'EHOSTUNREACH' || error.code === 'EHOSTDOWN') {
      this.#context.complaints.unreachable(sender, packet, 'host');
    } else if (error.code === 'ENETUNREACH' || error.code === 'EADDRNOTAVAIL') {
      this.#context.complaints.unreachable(sender, packet, 'net');
    } else if (error.code === 'EACCES' || error.code === 'EPERM') {
      this.#context.complaints.unreachable(sender, packet, 'prohibited');
    } else {
      // Nobody answered: the guest finds out by itself, as it would on a real network.
      return error.code === 'ETIMEDOUT';
    }
    return true;
  }

  #add(
    { source, mac }: Sender,
    place: Pick<Entry, 'guestAddress' | 'guestPort' | 'farAddress' | 'farPort'>,
    direction: 'out' | 'in',
    stream: Duplex,
    { key = keyOf(place.guestAddress, place.guestPort, place.farAddress, place.farPort), ...hooks }: FlowHooks,
  ): Entry {
    const { clock, outbound } = this.#context;
    const { portId, profile } = source;
    const route = { toMac: mac, source: place.farAddress, destination: place.guestAddress };
    const flow = new TcpFlow({
      clock,
      stream,
      guestPort: place.guestPort,
      farPort: place.farPort,
      segmentBytes: outbound.segmentBytes(place.guestAddress),
      bufferBytes: () => this.#bufferBytes(portId),
      emit: (segment) => outbound.tcp(route, segment),
      ...hooks,
      onOver: () => this.#onOver(entry),
    });
    const entry: Entry = { key, flow, portId, profile, direction, ...place };
    this.#entries.set(key, entry);
    this.#counts.set(portId, (this.#counts.get(portId) ?? 0) + 1);
    this.#sweep ??= clock.after(SWEEP_MS, () => this.#sweepIdle());
    return entry;
  }

  /** A connection that lingers keeps its place, so that late segments find it; the sweep takes it away. */
  #onOver(entry: Entry): void {
    if (entry.flow.endpoint.state !== 'timeWait') this.#remove(entry);
  }

  /** Makes place for a new connection on the same ports. A host that is still reading the old one is left to it. */
  #retire(entry: Entry): void {
    if (entry.flow.endpoint.state === 'waiting' || entry.flow.isOver) {
      this.#remove(entry);
      return;
    }
    this.#entries.delete(entry.key);
    this.#retired += 1;
    entry.key = `retired ${this.#retired}`;
    this.#entries.set(entry.key, entry);
  }

  #remove(entry: Entry): void {
    if (!this.#entries.delete(entry.key)) return;
    const left = (this.#counts.get(entry.portId) ?? 1) - 1;
    if (left > 0) this.#counts.set(entry.portId, left);
    else this.#counts.delete(entry.portId);
    entry.flow.drop();
  }

  #sweepIdle(): void {
    const now = this.#context.clock.nowMs();
    for (const entry of this.#entries.values()) {
      const { flow } = entry;
      if (now - flow.lastUsedMs > this.#context.limits.tcpIdleMs) flow.abort();
      if (flow.isOver && flow.endpoint.state === 'closed') this.#remove(entry);
    }
    const isEmpty = this.#entries.size === 0;
    this.#sweep = isEmpty ? undefined : this.#context.clock.after(SWEEP_MS, () => this.#sweepIdle());
  }

  #isFull(portId: string): boolean {
    return (this.#counts.get(portId) ?? 0) >= this.#context.limits.tcpFlows;
  }

  /** A machine's share of memory, divided by its connections and their two directions. */
  #bufferBytes(portId: string): number {
    const share = this.#context.limits.tcpBufferBytes / 2 / Math.max(1, this.#counts.get(portId) ?? 1);
    return Math.floor(Math.min(MAX_BUFFER_BYTES, Math.max(MIN_BUFFER_BYTES, share)));
  }

  #freePort(guestAddress: IpAddress, guestPort: number): number | undefined {
    for (let tries = 0; tries < EPHEMERAL.count; tries += 1) {
      this.#nextEphemeral = (this.#nextEphemeral + 1) % EPHEMERAL.count;
      const port = EPHEMERAL.first + this.#nextEphemeral;
      if (!this.#entries.has(keyOf(guestAddress, guestPort, this.#context.address, port))) return port;
    }
    return undefined;
  }

  #refuse(rule: 'gateway.spoofed' | 'limit.tcp', { source }: Sender, packet: IpPacket, segment: TcpSegment): void {
    const destination = formatIp(packet.destination);
    const { destinationPort } = segment;
    this.#context.refuse({ portId: source.portId, rule, protocol: 'tcp', destination, destinationPort });
  }
}
