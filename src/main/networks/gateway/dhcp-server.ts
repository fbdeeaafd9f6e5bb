import type { LeaseTable } from './lease-table.ts';
import { broadcastOf, type Ipv4, type Mac, maskOf, type Subnet } from './packets/addresses.ts';
import { DHCP_OPTIONS, type DhcpMessage, type DhcpType, readUint32Option, uint32Option } from './packets/dhcp.ts';

export interface DhcpServerOptions {
  leases: LeaseTable;
  subnet: Subnet;
  serverAddress: Ipv4;
  /** Whether guests are told to send everything else to the gateway. */
  isRouter: boolean;
  domain: string;
  mtu: number;
  leaseSeconds: number;
}

/** Server side of DHCP (RFC 2131, section 4.3): a message in, the answer out, where one is due. */
export class DhcpServer {
  readonly #options: DhcpServerOptions;

  constructor(options: DhcpServerOptions) {
    this.#options = options;
  }

  answer(message: DhcpMessage): DhcpMessage | undefined {
    const { leases } = this.#options;
    switch (message.type) {
      case 'discover':
        return this.#offer(message);
      case 'request':
        return this.#grant(message);
      case 'inform':
        return this.#reply(message, 'ack', 0);
      case 'release':
        leases.release(message.clientMac);
        return undefined;
      case 'decline': {
        const address = readUint32Option(message, DHCP_OPTIONS.requestedAddress);
        if (address !== undefined) leases.decline(message.clientMac, address);
        return undefined;
      }
      default:
        return undefined;
    }
  }

  #offer(message: DhcpMessage): DhcpMessage | undefined {
    const wished = readUint32Option(message, DHCP_OPTIONS.requestedAddress);
    const address = this.#options.leases.offer(message.clientMac, wished);
    return address === undefined ? undefined : this.#reply(message, 'offer', address);
  }

  /** RFC 2131, section 4.3.2: the client takes an offer, comes back after a restart, or renews. */
  #grant(message: DhcpMessage): DhcpMessage | undefined {
    const { leases, serverAddress } = this.#options;
    const server = readUint32Option(message, DHCP_OPTIONS.serverId);
    // It took the offer of another server.
    if (server !== undefined && server !== serverAddress) return undefined;
    const wished = readUint32Option(message, DHCP_OPTIONS.requestedAddress) ?? message.clientAddress;
    if (!leases.canHave(message.clientMac, wished)) return this.#refuse(message);
    leases.commit(message.clientMac, wished, hostNameOf(message));
    return this.#reply(message, 'ack', wished);
  }

  #refuse(message: DhcpMessage): DhcpMessage {
    const options = new Map([[DHCP_OPTIONS.serverId as number, uint32Option(this.#options.serverAddress)]]);
    // The client has no valid address: it must hear the refusal as a broadcast.
    return { ...message, type: 'nak', isBroadcast: true, clientAddress: 0, yourAddress: 0, options };
  }

  #reply(message: DhcpMessage, type: DhcpType, yourAddress: Ipv4): DhcpMessage {
    const { subnet, serverAddress, isRouter, domain, mtu, leaseSeconds } = this.#options;
    const options = new Map<number, Uint8Array>([
      [DHCP_OPTIONS.serverId, uint32Option(serverAddress)],
      [DHCP_OPTIONS.subnetMask, uint32Option(maskOf(subnet.prefixLength))],
      [DHCP_OPTIONS.broadcast, uint32Option(broadcastOf(subnet))],
      [DHCP_OPTIONS.nameServers, uint32Option(serverAddress)],
      [DHCP_OPTIONS.domainName, Buffer.from(domain)],
      [DHCP_OPTIONS.mtu, new Uint8Array([mtu >>> 8, mtu])],
    ]);
    if (isRouter) options.set(DHCP_OPTIONS.router, uint32Option(serverAddress));
    // A client that only asks for settings gets no time: it has its address from elsewhere (section 4.3.5).
    if (message.type !== 'inform') {
      options.set(DHCP_OPTIONS.leaseSeconds, uint32Option(leaseSeconds));
      options.set(DHCP_OPTIONS.renewalSeconds, uint32Option(Math.floor(leaseSeconds / 2)));
      options.set(DHCP_OPTIONS.rebindingSeconds, uint32Option(Math.floor((leaseSeconds * 7) / 8)));
    }
    return { ...message, type, yourAddress, options };
  }
}

/** What the guest calls itself, where it is a plain name: it is only shown, and never becomes a name of the network. */
function hostNameOf(message: DhcpMessage): string | null {
  const bytes = message.options.get(DHCP_OPTIONS.hostName);
  const text = bytes ? Buffer.from(bytes).toString('latin1').replace(/\0+$/, '') : '';
  return /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/i.test(text) ? text : null;
}

/** Where a reply goes (RFC 2131, section 4.1): to the client's address, to its adapter, or to all. */
export function replyTarget(request: DhcpMessage, reply: DhcpMessage, broadcastMac: Mac): { mac: Mac; address: Ipv4 } {
  if (reply.type === 'nak') return { mac: broadcastMac, address: 0xffffffff };
  if (request.clientAddress !== 0) return { mac: request.clientMac, address: request.clientAddress };
  if (request.isBroadcast) return { mac: broadcastMac, address: 0xffffffff };
  return { mac: request.clientMac, address: reply.yourAddress };
}
