import type { IsolationProfile } from '../../../shared/model/network.ts';
import type { FrameSource, MemberHost, MemberLink, SwitchMember } from '../switch/port.ts';
import { Complaints } from './complaints.ts';
import { type GatewayContext, USUAL_LIMITS } from './gateway-context.ts';
import type { GatewayReport, NatGatewayOptions } from './gateway-options.ts';
import type { GatewayProbe } from './gateway-probe.ts';
import { GatewayServices } from './gateway-services.ts';
import { type ParsedSettings, parseSettings } from './gateway-settings.ts';
import { Guests } from './guests.ts';
import { createHostNetwork, type HostNetwork } from './host-network.ts';
import { Ipv4Input } from './ipv4-input.ts';
import { ownAddressFor } from './ipv6-addresses.ts';
import { type Ipv6Side, makeIpv6Side } from './ipv6-side.ts';
import { fromRecord, type LeaseRecord, toRecord } from './lease-record.ts';
import { LeaseTable } from './lease-table.ts';
import { type NameEntry, NameTable } from './name-table.ts';
import { Outbound } from './outbound.ts';
import { PacketDelivery } from './packet-delivery.ts';
import { PacketRouter } from './packet-router.ts';
import {
  BROADCAST_MAC,
  formatIpv4,
  type Ipv4,
  isInSubnet,
  type Mac,
  parseIpv4,
  parseMac,
} from './packets/addresses.ts';
import { formatIp, type IpAddress } from './packets/ip-address.ts';
import { type Direction, RULES } from './policy.ts';
import { PolicyJudge } from './policy-judge.ts';
import type { PortForward } from './port-forward.ts';
import { PortForwards } from './port-forwards.ts';
import { type Refusal, RefusalLog } from './refusal-log.ts';
import { type Clock, SYSTEM_CLOCK } from './tcp/clock.ts';
import { TcpNat } from './tcp-nat.ts';
import { UdpForwards } from './udp-forward.ts';
import { UdpNat } from './udp-nat.ts';

/**
 * The gateway of one network: an ordinary member of its switch that gives addresses and names, and carries TCP and UDP to
 * the host's network through ordinary sockets, as far as each machine's profile lets it.
 */
export class NatGateway implements SwitchMember {
  readonly id: string;
  readonly macAddress: string;
  readonly ipv4Addresses: readonly string[];
  readonly ipv6Addresses: readonly string[];
  readonly #settings: ParsedSettings;
  readonly #options: NatGatewayOptions;
  readonly #context: GatewayContext;
  readonly #judge: PolicyJudge;
  readonly #leases: LeaseTable;
  readonly #names: NameTable;
  readonly #guests: Guests;
  readonly #tcp: TcpNat;
  readonly #udp: UdpNat;
  readonly #udpForwards: UdpForwards;
  readonly #forwards: PortForwards;
  readonly #ipv6: Ipv6Side | undefined;
  readonly #router: PacketRouter;
  readonly #refusals = new RefusalLog();
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
    this.ipv4Addresses = [settings.address, settings.hostAlias].map(formatIp);
    this.ipv6Addresses = settings.ipv6 ? [settings.ipv6.address, settings.ipv6.hostAlias].map(formatIp) : [];
    this.#judge = new PolicyJudge({ settings, clock, hostAddresses: () => host.addresses() });
    this.#context = this.#makeContext(clock, host);
    this.#leases = this.#makeLeases();
    this.#guests = this.#makeGuests();
    this.#names = this.#makeNames();
    this.#tcp = new TcpNat(this.#context);
    this.#udp = new UdpNat(this.#context);
    this.#udpForwards = new UdpForwards(this.#context);
    this.#forwards = this.#makeForwards();
    const [context, leases, names] = [this.#context, this.#leases, this.#names];
    const services = new GatewayServices({ context, settings, leases, names });
    const delivery = this.#makeDelivery(services);
    this.#ipv6 = this.#makeIpv6(delivery);
    this.#router = this.#makeRouter(services, delivery);
  }

  /** Puts the gateway on its switch. @throws RangeError when its id or address is taken */
  attach(members: MemberHost): void {
    this.#members = members;
    this.#link = members.attach(this);
    this.#ipv6?.advertiser.start();
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
    this.#guests.forgetPort(portId);
    this.#context.complaints.forgetPort(portId);
  }

  /** Names of the network in place of all before; without the domain. */
  setNames(entries: readonly NameEntry[]): void {
    this.#names.set(entries);
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

  /** Closes the port; connections that run go on, except to a guest that sleeps. False when there is none with this id. */
  removeForward(id: string): boolean {
    const isRemoved = this.#forwards.remove(id);
    this.#tcp.dropAbsent(id, (portId) => this.#sources().some((source) => source.portId === portId));
    return isRemoved;
  }

  /** To be called when `isAsleep` has new answers. */
  lookAtSleepers(): void {
    this.#forwards.lookAtSleepers();
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
      ipv6Addresses: this.#guests.ipv6Report(),
    };
  }

  /** Leaves the switch; closes every port, connection and timer. */
  close(): void {
    this.#forwards.close();
    this.#ipv6?.advertiser.close();
    this.#tcp.close();
    this.#udp.close();
    this.#link?.detach();
    this.#link = undefined;
  }

  #makeContext(clock: Clock, host: HostNetwork): GatewayContext {
    const { mac: macAddress, mtu, address, hostAlias, ipv6 } = this.#settings;
    const outbound = new Outbound({ macAddress, mtu, send: (frame) => this.#link?.send(frame) });
    const limits = { ...USUAL_LIMITS, ...this.#options.limits };
    const complaints = new Complaints({
      ...{ clock, outbound, limit: limits.icmpErrors },
      isUncounted: () => this.#probe !== undefined,
      ownAddress: (guest) => ownAddressFor(this.#settings, guest),
    });
    return {
      ...{ clock, host, address, outbound, limits, complaints },
      judge: (profile, place, direction) => this.#judge.judge(profile, place, direction),
      hostAddressOf: (each) => {
        if (each === hostAlias) return '127.0.0.1';
        return each === ipv6?.hostAlias ? '::1' : formatIp(each);
      },
      hasIpv6WayOut: (profile) => this.#judge.hasIpv6WayOut(profile),
      refuse: (refusal) => this.#refuse({ ...refusal, atMs: Date.now() }),
      endsHere: (protocol, hostAddress, port) => this.#probe?.onOutside(protocol, hostAddress, port) === false,
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

  #makeGuests(): Guests {
    const { mac: senderMac, address: senderAddress } = this.#settings;
    const { clock, outbound } = this.#context;
    const question = { operation: 'request', senderMac, senderAddress, targetMac: 0 } as const;
    return new Guests({
      ...{ clock, settings: this.#settings, leases: this.#leases, sources: () => this.#sources() },
      askArp: (targetAddress) => outbound.arp(BROADCAST_MAC, { ...question, targetAddress }),
      askNeighbors: (address) => this.#ipv6?.ask(address),
    });
  }

  #makeNames(): NameTable {
    const { address, hostAlias, ipv6 } = this.#settings;
    const own = new Map<string, IpAddress[]>([
      ['gateway', ipv6 ? [address, ipv6.address] : [address]],
      ['host', ipv6 ? [hostAlias, ipv6.hostAlias] : [hostAlias]],
    ]);
    return new NameTable({ own, addressesOf: (mac) => this.#guests.addressesOf(mac) });
  }

  #makeForwards(): PortForwards {
    return new PortForwards({
      context: this.#context,
      tcp: this.#tcp,
      openUdp: (forward, guest) => this.#udpForwards.open(forward, guest),
      findTarget: (target) => this.#guests.find(target),
      onWaiting: this.#options.onWaiting,
      isAsleep: this.#options.isAsleep,
    });
  }

  #makeDelivery(services: GatewayServices): PacketDelivery {
    const [context, settings] = [this.#context, this.#settings];
    const [tcp, udp, udpForwards] = [this.#tcp, this.#udp, this.#udpForwards];
    return new PacketDelivery({ context, settings, services, tcp, udp, udpForwards });
  }

  #makeIpv6(delivery: PacketDelivery): Ipv6Side | undefined {
    const [context, settings, guests] = [this.#context, this.#settings, this.#guests];
    return makeIpv6Side({ context, settings, guests, delivery, sources: () => this.#sources() });
  }

  #makeRouter(services: GatewayServices, delivery: PacketDelivery): PacketRouter {
    const [context, settings, { neighbors }] = [this.#context, this.#settings, this.#guests];
    const ipv4 = new Ipv4Input({ context, settings, neighbors, services, delivery });
    return new PacketRouter({ macAddress: settings.mac, ipv4, ipv6: this.#ipv6?.input });
  }

  #sources(): readonly FrameSource[] {
    return this.#members?.sources() ?? [];
  }

  #refuse(refusal: Refusal): void {
    if (this.#probe) {
      this.#probe.onRefused(refusal.rule);
      return;
    }
    this.#refusals.add(refusal);
    this.#options.onRefusal?.(refusal);
  }
}
