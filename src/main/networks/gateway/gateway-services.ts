import { duplexPair } from 'node:stream';
import { DhcpServer, replyTarget } from './dhcp-server.ts';
import type { GatewayContext } from './gateway-context.ts';
import type { ParsedSettings } from './gateway-settings.ts';
import type { LeaseTable } from './lease-table.ts';
import { type Asker, NameServer } from './name-server.ts';
import { serveNames } from './name-server-stream.ts';
import type { NameTable } from './name-table.ts';
import { BROADCAST_MAC, isInSubnet } from './packets/addresses.ts';
import { DHCP_PORTS, makeDhcp, parseDhcp } from './packets/dhcp.ts';
import { isInPrefix, isIpv6, isLinkLocal } from './packets/ip-address.ts';
import type { IpPacket } from './packets/ip-packet.ts';
import { isMalformed } from './packets/refusal.ts';
import type { UdpDatagram } from './packets/udp.ts';
import type { RuleId } from './policy.ts';
import type { Sender } from './sender.ts';

export const DNS_PORT = 53;

export interface GatewayServicesOptions {
  context: GatewayContext;
  settings: ParsedSettings;
  leases: LeaseTable;
  names: NameTable;
}

/** What the gateway itself serves to machines: addresses (DHCP) and names (DNS). */
export class GatewayServices {
  readonly #options: GatewayServicesOptions;
  readonly #dhcp: DhcpServer;
  readonly #names: NameServer;
  readonly #pending = new Map<string, number>();

  constructor(options: GatewayServicesOptions) {
    this.#options = options;
    const { context, settings, leases, names } = options;
    const { subnet, domain, ipv6 } = settings;
    this.#dhcp = new DhcpServer({ ...settings, leases, serverAddress: context.address, isRouter: settings.hasOutside });
    this.#names = new NameServer({
      host: context.host,
      domain,
      addressesOf: (name) => names.addressesOf(name),
      nameOf: (address) => names.nameOf(address),
      isOwn: (address) => {
        if (!isIpv6(address)) return isInSubnet(subnet, address);
        return isLinkLocal(address) || (ipv6 !== undefined && isInPrefix(ipv6.prefix, address));
      },
    });
  }

  /** Answers a client of DHCP. One adapter asks for itself only: it cannot use up the addresses in others' names. */
  dhcp({ source, mac }: Sender, datagram: UdpDatagram): void {
    const { context } = this.#options;
    const request = parseDhcp(datagram.payload);
    if (isMalformed(request)) return;
    if (request.clientMac !== mac) {
      const { portId } = source;
      context.refuse({ portId, rule: 'gateway.spoofed', protocol: 'dhcp', destination: '', destinationPort: null });
      return;
    }
    const reply = this.#dhcp.answer(request);
    if (!reply) return;
    const target = replyTarget(request, reply, BROADCAST_MAC);
    const route = { toMac: target.mac, source: context.address, destination: target.address };
    context.outbound.udp(route, DHCP_PORTS.server, DHCP_PORTS.client, makeDhcp(reply, true));
  }

  /** Answers a question for a name that came as a datagram. */
  async nameDatagram(sender: Sender, packet: IpPacket, datagram: UdpDatagram): Promise<void> {
    const route = { toMac: sender.mac, source: packet.destination, destination: packet.source };
    const reply = await this.#answer(sender, datagram.payload, true);
    if (reply) this.#options.context.outbound.udp(route, DNS_PORT, datagram.sourcePort, reply);
  }

  /** The far side of a connection to the name server. */
  nameStream(sender: Sender): ReturnType<typeof duplexPair>[0] {
    const [far, near] = duplexPair();
    // An error of either half closes both; the connection's own half tells the guest.
    near.on('error', () => undefined);
    void serveNames(near, (query) => this.#answer(sender, query, false));
    return far;
  }

  async #answer({ source }: Sender, query: Uint8Array, isDatagram: boolean): Promise<Uint8Array | undefined> {
    const { context } = this.#options;
    const { portId } = source;
    const refuse = (rule: RuleId, destination: string): void =>
      context.refuse({ portId, rule, protocol: 'dns', destination, destinationPort: null });
    const pending = this.#pending.get(portId) ?? 0;
    if (pending >= context.limits.pendingNames) {
      refuse('limit.dns', '');
      return undefined;
    }
    this.#pending.set(portId, pending + 1);
    const rule = this.#outsideRule(source.profile);
    const asker: Asker = {
      isDatagram,
      outsideRule: rule,
      hasIpv6WayOut: context.hasIpv6WayOut(source.profile),
      onRefused: (name) => rule !== null && refuse(rule, name),
    };
    // The frame is only lent, and the answer takes its time.
    const reply = await this.#names.answer(query.slice(), asker);
    const left = (this.#pending.get(portId) ?? 1) - 1;
    if (left > 0) this.#pending.set(portId, left);
    else this.#pending.delete(portId);
    return reply;
  }

  /** Names of the outside are an exit of their own: what may not reach it may not ask it either. */
  #outsideRule(profile: Sender['source']['profile']): RuleId | null {
    if (profile === 'offline') return 'offline.outside';
    if (profile === 'quarantine') return 'quarantine.nothing';
    return this.#options.settings.hasOutside ? null : 'gateway.noOutside';
  }
}
