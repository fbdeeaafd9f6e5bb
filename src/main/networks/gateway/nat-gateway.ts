import type { IsolationProfile } from '../../../shared/model/network.ts';
import type { FrameSource, MemberHost, MemberLink, SwitchMember } from '../switch/port.ts';
import { ArpTable } from './arp-table.ts';
import { type GatewayContext, type GatewayLimits, type Sender, USUAL_LIMITS } from './gateway-context.ts';
import type { GatewayProbe } from './gateway-probe.ts';
import { GatewayServices } from './gateway-services.ts';
import { type GatewaySettings, type ParsedSettings, parseSettings } from './gateway-settings.ts';
import { createHostNetwork, type HostNetwork } from './host-network.ts';
import { type Lease, LeaseTable } from './lease-table.ts';
import { type NameEntry, NameTable } from './name-table.ts';
import { Outbound } from './outbound.ts';
import { PacketRouter } from './packet-router.ts';
import { formatIpv4, formatMac, type Ipv4, isInSubnet, type Mac, parseIpv4, parseMac } from './packets/addresses.ts';
import { isIcmpError } from './packets/icmp.ts';
import { type Ipv4Packet, PROTOCOLS } from './packets/ipv4.ts';
import { type Direction, RULES, type RuleId } from './policy.ts';
import { PolicyJudge } from './policy-judge.ts';
import type { OpenForward, PortForward, Target } from './port-forward.ts';
import { PortForwards } from './port-forwards.ts';
import { type Refusal, RefusalLog } from './refusal-log.ts';
import { type Clock, SYSTEM_CLOCK } from './tcp/clock.ts';
import { type FlowInfo, TcpNat } from './tcp-nat.ts';
import { UdpForwards } from './udp-forward.ts';
import { UdpNat } from './udp-nat.ts';

/** A lease as it is stored and shown. */
export interface LeaseRecord {
  macAddress: string;
  address: string;
  /** What the guest calls itself; null when it does not say. */
  hostName: string | null;
  /** Milliseconds since 1970; one in the past is kept, so that the adapter gets the same address again. */
  expiresAtMs: number;
}

export interface NatGatewayOptions {
  settings: GatewaySettings;
  /** All leases of earlier runs. */
  leases?: readonly LeaseRecord[];
  /** A lease was made, renewed or given back: store it, one for each MAC address. */
  onLease?: (lease: LeaseRecord) => void;
  onRefusal?: (refusal: Refusal) => void;
  /**
   * A client connected, or sent a datagram, to a port forward whose guest is not up. True when somebody wakes it: that is held
   * for up to a minute and answered by the guest. Otherwise it is reset, or forgotten.
   */
  onWaiting?: (forward: PortForward) => boolean;
  /** Whether the guest of a forward is known to sleep: it is not asked then, but waited for, as `onWaiting` says. */
  isAsleep?: (forward: PortForward) => boolean;
  limits?: Partial<GatewayLimits>;
  /** Other than the host's own network only in tests. */
  host?: HostNetwork;
  clock?: Clock;
}

export interface GatewayReport {
  flows: FlowInfo[];
  udpMappings: number;
  leases: LeaseRecord[];
  forwards: OpenForward[];
  refusalCounts: Partial<Record<RuleId, number>>;
}

/**
 * The gateway of one network: an ordinary member of its switch that gives addresses and names, and carries TCP and UDP to
 * the host's network through ordinary sockets, as far as each machine's profile lets it.
 */
export class NatGateway implements SwitchMember {
  readonly id: string;
  readonly macAddress: string;
  readonly ipv4Addresses: readonly string[];
  readonly #settings: ParsedSettings;
  readonly #options: NatGatewayOptions;
  readonly #context: GatewayContext;
  readonly #judge: PolicyJudge;
  readonly #leases: LeaseTable;
  readonly #names: NameTable;
  readonly #arp: ArpTable;
  readonly #tcp: TcpNat;
  readonly #udp: UdpNat;
  readonly #udpForwards: UdpForwards;
  readonly #forwards: PortForwards;
  readonly #router: PacketRouter;
  readonly #refusals = new RefusalLog();
  readonly #told = new Map<string, { second: number; count: number }>();
  #link: MemberLink | undefined;
  #members: MemberHost | undefined;
  /** Whose frame is at hand, while it is a probe's. */
  #probe: GatewayProbe | undefined;

  /** @throws InnError `INVALID_CONFIG` when the settings cannot be */
  constructor(options: NatGatewayOptions) {
    this.#options = options;
    const settings = parseSettings(options.settings);
    const { clock = SYSTEM_CLOCK, host = createHostNetwork() } = options;
    this.#settings = settings;
    this.id = settings.id;
    this.macAddress = settings.macAddress;
    this.ipv4Addresses = [settings.address, settings.hostAlias].map(formatIpv4);
    this.#judge = new PolicyJudge({ settings, clock, hostAddresses: () => host.addresses() });
    this.#context = this.#makeContext(clock, host);
    this.#leases = this.#makeLeases();
    this.#names = this.#makeNames();
    this.#arp = this.#makeArp();
    this.#tcp = new TcpNat(this.#context);
    this.#udp = new UdpNat(this.#context);
    this.#udpForwards = new UdpForwards(this.#context);
    this.#forwards = this.#makeForwards();
    this.#router = this.#makeRouter();
  }

  /** Puts the gateway on its switch. @throws RangeError when its id or address is taken */
  attach(members: MemberHost): void {
    this.#members = members;
    this.#link = members.attach(this);
  }

  /** Takes a frame from the switch; the bytes are only lent. Never throws. */
  receive(frame: Uint8Array, source: FrameSource): void {
    this.#router.receive(frame, source);
  }

  /** Runs `send`, which puts a frame of a probe on the switch: it is judged and answered as any other, and leaves no trace. */
  watch(probe: GatewayProbe, send: () => void): void {
    this.#probe = probe;
    try {
      send();
    } finally {
      this.#probe = undefined;
    }
  }

  /** A machine's adapter left the network, or its cable was pulled: all that ran for it ends. */
  forgetPort(portId: string): void {
    this.#tcp.forgetPort(portId);
    this.#udp.forgetPort(portId);
    this.#router.forgetPort(portId);
    this.#told.delete(portId);
  }

  /** Names of the network in place of all before; without the domain. Unreadable addresses are left out. */
  setNames(entries: readonly NameEntry[]): void {
    const adapters = new Map<string, Mac>();
    const addresses = new Map<string, Ipv4>();
    for (const entry of entries) {
      const name = entry.name.toLowerCase();
      const mac = 'macAddress' in entry ? parseMac(entry.macAddress) : undefined;
      const address = 'address' in entry ? parseIpv4(entry.address) : undefined;
      if (mac !== undefined) adapters.set(name, mac);
      if (address !== undefined) addresses.set(name, address);
    }
    this.#names.set(adapters, addresses);
  }

  /** Addresses that adapters get always, in place of all before; those outside of the network are left out. */
  setFixedAddresses(entries: readonly { macAddress: string; address: string }[]): void {
    const fixed = new Map<Mac, Ipv4>();
    for (const { macAddress, address } of entries) {
      const mac = parseMac(macAddress);
      const number = parseIpv4(address);
      if (mac !== undefined && number !== undefined && isInSubnet(this.#settings.subnet, number))
        fixed.set(mac, number);
    }
    this.#leases.setFixed(fixed);
  }

  /** Takes leases of earlier runs, where nobody has the address or the adapter another; unreadable ones are left out. */
  restoreLeases(records: readonly LeaseRecord[]): void {
    for (const lease of records.flatMap((record) => fromRecord(record) ?? [])) {
      if (isInSubnet(this.#settings.subnet, lease.address)) this.#leases.restore(lease);
    }
  }

  /** The address that an adapter has or will get; null while it has none. */
  addressOf(macAddress: string): string | null {
    const mac = parseMac(macAddress);
    const address = mac === undefined ? undefined : this.#leases.addressOf(mac);
    return address === undefined ? null : formatIpv4(address);
  }

  /**
   * Opens a port of the host that leads to a guest; gives the port.
   * @throws InnError `PORT_IN_USE` naming the process that holds it where known, `INVALID_CONFIG`, `NAME_IN_USE`
   */
  addForward(forward: PortForward): Promise<number> {
    return this.#forwards.add(forward);
  }

  /** Closes the port; connections that run go on. False when there is none with this id. */
  removeForward(id: string): boolean {
    return this.#forwards.remove(id);
  }

  /** Whether a machine with this profile may reach an address, or be reached at it by the host, and by which rule. */
  explain(profile: IsolationProfile, address: string, direction: Direction = 'out') {
    const decision = this.#judge.explain(profile, address, direction);
    return { ...decision, why: RULES[decision.rule] };
  }

  /** The latest things that the gateway did not do, for all adapters or for one; the newest last. */
  refusals(portId?: string): Refusal[] {
    return this.#refusals.latest(portId);
  }

  report(): GatewayReport {
    return {
      flows: this.#tcp.flows(),
      udpMappings: this.#udp.size,
      leases: this.#leases.all().map(toRecord),
      forwards: this.#forwards.list(),
      refusalCounts: this.#refusals.counts(),
    };
  }

  /** Leaves the switch; closes every port, connection and timer. */
  close(): void {
    this.#forwards.close();
    this.#tcp.close();
    this.#udp.close();
    this.#link?.detach();
    this.#link = undefined;
  }

  #makeContext(clock: Clock, host: HostNetwork): GatewayContext {
    const { mac: macAddress, mtu, address, hostAlias } = this.#settings;
    return {
      clock,
      host,
      address,
      outbound: new Outbound({ macAddress, mtu, send: (frame) => this.#link?.send(frame) }),
      limits: { ...USUAL_LIMITS, ...this.#options.limits },
      judge: (profile, place, direction) => this.#judge.judge(profile, place, direction),
      hostAddressOf: (each) => (each === hostAlias ? '127.0.0.1' : formatIpv4(each)),
      refuse: (refusal) => this.#refuse({ ...refusal, atMs: Date.now() }),
      endsHere: (protocol, hostAddress, port) => this.#probe?.onOutside(protocol, hostAddress, port) === false,
      tellUnreachable: (sender, packet, reason) => {
        if (!this.#mayTell(sender, packet)) return;
        this.#context.outbound.unreachable(sender.mac, address, packet, reason);
      },
    };
  }

  #makeLeases(): LeaseTable {
    const { subnet, address, hostAlias, leaseSeconds } = this.#settings;
    const known = (this.#options.leases ?? []).flatMap((record) => fromRecord(record) ?? []);
    return new LeaseTable({
      subnet,
      reserved: [address, hostAlias],
      leases: known.filter((lease) => isInSubnet(subnet, lease.address)),
      leaseMs: leaseSeconds * 1000,
      wallClockMs: () => Date.now(),
      onChange: (lease) => this.#options.onLease?.(toRecord(lease)),
    });
  }

  #makeNames(): NameTable {
    const { address, hostAlias } = this.#settings;
    const own = new Map([
      ['gateway', address],
      ['host', hostAlias],
    ]);
    return new NameTable({ own, addressOf: (mac) => this.#addressOf(mac) });
  }

  #makeArp(): ArpTable {
    const { mac: macAddress, address } = this.#settings;
    const { clock, outbound } = this.#context;
    const ownerOf = (each: Ipv4): Mac | undefined => {
      const owner = this.#leases.holderOf(each);
      return owner !== undefined && this.#sourceOf(owner) ? owner : undefined;
    };
    return new ArpTable({ clock, outbound, macAddress, address, ownerOf });
  }

  #makeForwards(): PortForwards {
    return new PortForwards({
      context: this.#context,
      tcp: this.#tcp,
      openUdp: (forward, guest) => this.#udpForwards.open(forward, guest),
      findTarget: (target) => this.#findTarget(target),
      onWaiting: this.#options.onWaiting,
      isAsleep: this.#options.isAsleep,
    });
  }

  #makeRouter(): PacketRouter {
    const context = this.#context;
    const settings = this.#settings;
    const services = new GatewayServices({ context, settings, leases: this.#leases, names: this.#names });
    const [arp, tcp, udp, udpForwards] = [this.#arp, this.#tcp, this.#udp, this.#udpForwards];
    return new PacketRouter({ context, settings, arp, services, tcp, udp, udpForwards });
  }

  /** By its lease, or, where it set its address by hand, by what it was heard to use. */
  #addressOf(mac: Mac): Ipv4 | undefined {
    return this.#leases.addressOf(mac) ?? this.#arp.addressesOf(mac)[0];
  }

  #sourceOf(mac: Mac): FrameSource | undefined {
    const macAddress = formatMac(mac);
    return this.#members?.sources().find((source) => source.macAddress === macAddress);
  }

  async #findTarget(target: PortForward['target']): Promise<Target | undefined> {
    const wanted = 'macAddress' in target ? parseMac(target.macAddress) : undefined;
    const address = 'address' in target ? parseIpv4(target.address) : wanted && this.#addressOf(wanted);
    const wantedSource = wanted === undefined ? undefined : this.#sourceOf(wanted);
    // Nothing it says is heard in quarantine: it would only seem to be away.
    if (wanted !== undefined && wantedSource?.profile === 'quarantine') {
      return { sender: { source: wantedSource, mac: wanted }, address: address ?? this.#settings.subnet.network };
    }
    if (address === undefined || ('macAddress' in target && !wantedSource)) return undefined;
    const mac = await this.#arp.find(address);
    const source = mac === undefined ? undefined : this.#sourceOf(mac);
    if (mac === undefined || !source || (wanted !== undefined && mac !== wanted)) return undefined;
    return { sender: { source, mac }, address };
  }

  #refuse(refusal: Refusal): void {
    if (this.#probe) {
      this.#probe.onRefused(refusal.rule);
      return;
    }
    this.#refusals.add(refusal);
    this.#options.onRefusal?.(refusal);
  }

  /** Errors are never answered by errors, and no guest gets more of them in a second than is useful (RFC 1812, 4.3.2.8). */
  #mayTell({ source }: Sender, packet: Ipv4Packet): boolean {
    if (packet.protocol === PROTOCOLS.icmp && isIcmpError(packet.payload)) return false;
    if (this.#probe) return true;
    const second = Math.floor(this.#context.clock.nowMs() / 1000);
    const told = this.#told.get(source.portId);
    const count = told?.second === second ? told.count + 1 : 1;
    this.#told.set(source.portId, { second, count });
    return count <= this.#context.limits.icmpErrors;
  }
}

const toRecord = ({ mac, address, hostName, expiresAtMs }: Lease): LeaseRecord => ({
  macAddress: formatMac(mac),
  address: formatIpv4(address),
  hostName,
  expiresAtMs,
});

/** Undefined for a record that cannot be read: the adapter gets a new lease then. */
function fromRecord({ macAddress, address, hostName, expiresAtMs }: LeaseRecord): Lease | undefined {
  const mac = parseMac(macAddress);
  const number = parseIpv4(address);
  return mac === undefined || number === undefined ? undefined : { mac, address: number, hostName, expiresAtMs };
}
