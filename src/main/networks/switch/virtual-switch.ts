import { AddressBook, type KnownAddress } from './address-book.ts';
import type { SwitchClock } from './delay-line.ts';
import { HEADER_BYTES, MAX_FRAMED_BYTES, MIN_FRAME_BYTES } from './framing.ts';
import { addressesOf } from './isolation.ts';
import { isGroup, macAt, parseMac } from './mac.ts';
import { MachinePort } from './machine-port.ts';
import { type AnyPort, type MemberPort, mayPass } from './may-pass.ts';
import type { Outlet } from './outlet.ts';
import type { FrameSource, MemberHost, MemberLink, SwitchMember } from './port.ts';
import type { PortChange, PortSettings } from './port-settings.ts';
import { seededRandom } from './random.ts';
import { type RefusalRules, refusalAtUplink, refusalOfMachine } from './refusal.ts';
import { UplinkPort } from './uplink-port.ts';

export interface SwitchOptions {
  /** True: machines reach the members (the gateway) and never each other, whatever their profiles. */
  isolatesPorts: boolean;
  /** Largest content of a frame in bytes; 1500 is Ethernet's, 9000 the usual jumbo frame. */
  mtu: number;
  clock: SwitchClock;
  /** For losses; the same seed and frames give the same losses. */
  seed: number;
}

/** Sees each frame: `out` as it comes in from a port, `in` as it is handed to one. The bytes are lent. */
export type SwitchTap = (portId: string, direction: 'in' | 'out', frame: Uint8Array) => void;

/** Frames of members lie here until the next flush. */
const AREA_BYTES = 256 * 1024;

/**
 * A learning Ethernet switch (IEEE 802.1Q, clause 8, without VLANs and spanning tree: there are no other switches).
 * It knows the adapters' own addresses beforehand, and learns only behind adapters that may use others. Whoever brings
 * frames calls `flush` after each lot.
 */
export class VirtualSwitch implements MemberHost {
  readonly #options: SwitchOptions;
  readonly #random: () => number;
  readonly #ports = new Map<string, MachinePort>();
  readonly #members = new Map<string, MemberPort>();
  readonly #addresses = new AddressBook<AnyPort>();
  readonly #rules: RefusalRules;
  #eavesdroppers: MachinePort[] = [];
  readonly #taps = new Set<SwitchTap>();
  readonly #dirty: Outlet[] = [];
  #uplink: UplinkPort | undefined;
  readonly #area = Buffer.alloc(AREA_BYTES);
  #areaUsed = 0;
  #isFlushPlanned = false;
  #nowMs: number | undefined;

  constructor(options: SwitchOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    this.#rules = { mtu: options.mtu, hasOwner: (mac) => this.#addresses.hasOwner(mac) };
  }

  get ports(): ReadonlyMap<string, MachinePort> {
    return this.#ports;
  }

  /** @throws RangeError when the id or the address is taken on this switch */
  addPort(id: string, settings: PortSettings): MachinePort {
    const port: MachinePort = new MachinePort(id, settings, {
      clock: this.#options.clock,
      random: this.#random,
      onLate: (bytes, start, end) => this.#route(port, bytes, start, end),
      onDirty: (dirty) => this.#dirty.push(dirty),
      onSettled: () => this.flush(),
      onDelivered: (bytes, start, end) => this.#show(port.id, 'in', bytes, start, end),
    });
    this.#own(port);
    this.#ports.set(id, port);
    this.#noteEavesdroppers();
    return port;
  }

  /** @throws RangeError when there is no such port */
  changePort(id: string, change: PortChange): MachinePort {
    const port = this.#ports.get(id);
    if (!port) throw new RangeError(`There is no port '${id}'.`);
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
    port.change({ ...port.settings, ...given });
    this.#addresses.unlearn(port);
    this.#noteEavesdroppers();
    return port;
  }

  /** Takes a port off; frames that it still holds are gone. Nothing happens when there is none. */
  removePort(id: string): void {
    const port = this.#ports.get(id);
    if (!port) return;
    port.close();
    this.#ports.delete(id);
    this.#addresses.disown(port);
    this.#noteEavesdroppers();
  }

  attach(member: SwitchMember): MemberLink {
    const port: MemberPort = {
      kind: 'member',
      id: member.id,
      mac: parseMac(member.macAddress),
      member,
      addresses: addressesOf(member),
      source: { portId: member.id, profile: 'open', macAddress: member.macAddress },
    };
    this.#own(port);
    this.#members.set(member.id, port);
    return {
      send: (frame) => {
        if (this.#members.get(port.id) === port) this.#sendFrom(port, frame);
      },
      detach: () => {
        if (this.#members.get(port.id) !== port) return;
        this.#members.delete(port.id);
        this.#addresses.disown(port);
      },
    };
  }

  /**
   * Makes the port behind which the host's own interface is; a switch has one at most.
   * @param options as in `UplinkParts`
   */
  addUplink({ carriesAddresses }: { carriesAddresses: boolean }): UplinkPort {
    const uplink: UplinkPort = new UplinkPort({
      carriesAddresses,
      onDirty: (dirty) => this.#dirty.push(dirty),
      onDelivered: (bytes, start, end) => this.#show(uplink.id, 'in', bytes, start, end),
    });
    this.#uplink = uplink;
    return uplink;
  }

  sources(): readonly FrameSource[] {
    return [...this.#ports.values()].map(({ source }) => source);
  }

  /** Shows each frame to the tap from now on; returns how to stop. */
  watch(tap: SwitchTap): () => void {
    this.#taps.add(tap);
    return () => this.#taps.delete(tap);
  }

  /** Where which address is: the ports' own, then those that were learnt. */
  table(): KnownAddress[] {
    return this.#addresses.list(this.#options.clock.now());
  }

  /** A frame from a machine or the uplink, as a span (see framing.ts). Never throws; what is wrong with it is counted at the port. */
  receive(port: MachinePort | UplinkPort, bytes: Buffer, start: number, end: number): void {
    const { counters } = port;
    counters.outFrames += 1;
    counters.outBytes += end - start;
    const fate =
      port.kind === 'machine'
        ? (refusalOfMachine(port, this.#rules, bytes, start, end) ?? port.admit(bytes, start, end, this.#now()))
        : (refusalAtUplink(this.#rules, bytes, start, end) ?? 'now');
    if (fate !== 'now' && fate !== 'held') {
      counters.dropped[fate] += 1;
      return;
    }
    this.#show(port.id, 'out', bytes, start, end);
    if (fate === 'now') this.#route(port, bytes, start, end);
  }

  /** Sends what has come in since the last time. */
  flush(): void {
    for (const outlet of this.#dirty.splice(0)) outlet.flush();
    this.#areaUsed = 0;
    this.#nowMs = undefined;
  }

  #now(): number {
    this.#nowMs ??= this.#options.clock.now();
    return this.#nowMs;
  }

  #own(port: MachinePort | MemberPort): void {
    if (this.#ports.has(port.id) || this.#members.has(port.id)) {
      throw new RangeError(`There is a port '${port.id}' already.`);
    }
    this.#addresses.own(port);
  }

  #noteEavesdroppers(): void {
    const all = this.#options.isolatesPorts ? [] : [...this.#ports.values()];
    this.#eavesdroppers = all.filter(({ settings }) => settings.promiscuous !== 'deny');
  }

  #show(portId: string, direction: 'in' | 'out', bytes: Buffer, start: number, end: number): void {
    if (this.#taps.size === 0) return;
    const frame = bytes.subarray(start, end);
    for (const tap of this.#taps) tap(portId, direction, frame);
  }

  #sendFrom(port: MemberPort, frame: Uint8Array): void {
    const { length } = frame;
    if (length < MIN_FRAME_BYTES || length > MAX_FRAMED_BYTES) return;
    if (this.#areaUsed + HEADER_BYTES + length > AREA_BYTES) this.flush();
    const area = this.#area;
    const start = area.writeUInt32BE(length, this.#areaUsed);
    area.set(frame, start);
    this.#areaUsed = start + length;
    this.#show(port.id, 'out', area, start, start + length);
    this.#route(port, area, start, start + length);
    this.#planFlush();
  }

  #planFlush(): void {
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    queueMicrotask(() => {
      this.#isFlushPlanned = false;
      this.flush();
    });
  }

  #route(from: AnyPort, bytes: Buffer, start: number, end: number): void {
    const source = macAt(bytes, start + 6);
    if (source !== from.mac) this.#addresses.learn(source, from, this.#now());
    const destination = macAt(bytes, start);
    if (isGroup(destination)) {
      this.#flood(from, bytes, start, end);
      return;
    }
    const known = this.#addresses.find(destination, this.#now());
    const to = known ?? (from === this.#uplink ? undefined : this.#uplink); // whom nobody knows may be beyond it
    if (to && to !== from) {
      if (this.#mayPass(from, to, bytes, start, end)) this.#deliver(from, to, bytes, start, end);
      else if (from.kind === 'machine') from.counters.dropped.isolated += 1;
    }
    if (this.#eavesdroppers.length > 0) this.#overhear(from, to, bytes, start, end);
  }

  /** To everybody who may have it. */
  #flood(from: AnyPort, bytes: Buffer, start: number, end: number): void {
    if (from.kind !== 'member' && !from.storm.mayFlood(this.#now())) {
      from.counters.dropped.storm += 1;
      return;
    }
    for (const to of this.#members.values()) this.#pass(from, to, bytes, start, end);
    if (this.#uplink) this.#pass(from, this.#uplink, bytes, start, end);
    if (from.kind === 'machine' && this.#options.isolatesPorts) return;
    for (const to of this.#ports.values()) this.#pass(from, to, bytes, start, end);
  }

  /**
   * Frames that are for one port, or for an address that nobody knows, go also to adapters that may see them.
   *
   * | policy | sees |
   * |---|---|
   * | `deny` | nothing of others |
   * | `allowMachines` | what goes between machines |
   * | `allowAll` | what goes to and from members and the uplink too |
   */
  #overhear(from: AnyPort, to: AnyPort | undefined, bytes: Buffer, start: number, end: number): void {
    const isBetweenMachines = from.kind === 'machine' && (to === undefined || to.kind === 'machine');
    for (const port of this.#eavesdroppers) {
      if (port === to || !(isBetweenMachines || port.settings.promiscuous === 'allowAll')) continue;
      this.#pass(from, port, bytes, start, end);
    }
  }

  #pass(from: AnyPort, to: AnyPort, bytes: Buffer, start: number, end: number): void {
    if (to !== from && this.#mayPass(from, to, bytes, start, end)) this.#deliver(from, to, bytes, start, end);
  }

  #mayPass(from: AnyPort, to: AnyPort, bytes: Buffer, start: number, end: number): boolean {
    return mayPass(from, to, bytes, start, end, this.#options.isolatesPorts);
  }

  #deliver(from: AnyPort, to: AnyPort, bytes: Buffer, start: number, end: number): void {
    if (to.kind === 'member') {
      to.member.receive(bytes.subarray(start, end), from.source);
      return;
    }
    to.deliver(bytes, start, end, from, this.#now());
  }
}
