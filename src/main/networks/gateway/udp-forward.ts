import type { GatewayContext } from './gateway-context.ts';
import type { HostListener, HostUdp, UdpSender } from './host-network.ts';
import type { Mac } from './packets/addresses.ts';
import type { Ipv4Packet } from './packets/ipv4.ts';
import type { UdpDatagram } from './packets/udp.ts';
import type { PortForward, Target } from './port-forward.ts';

/** Clients of one forward at a time; the one that was silent longest gives way. */
const MAX_CLIENTS = 256;
const EPHEMERAL = { first: 49_152, last: 65_535 };

interface Client {
  from: UdpSender;
  lastUsedMs: number;
}

interface Listener {
  socket: HostUdp;
  /** The guest that datagrams were sent to last: only it may answer. */
  guest: { mac: Mac; address: number; port: number } | undefined;
}

/** Port forwards of UDP: each client of the host is a port of the gateway to the guest. */
export class UdpForwards {
  readonly #context: GatewayContext;
  /** By the gateway's port that stands for the client. */
  readonly #clients = new Map<number, Client & { listener: Listener }>();
  readonly #ports = new Map<string, number>();
  #next = EPHEMERAL.first;

  constructor(context: GatewayContext) {
    this.#context = context;
  }

  /** @throws NodeJS.ErrnoException such as EADDRINUSE */
  async open(forward: PortForward, findTarget: () => Promise<Target | undefined>): Promise<HostListener> {
    const receive = async (payload: Uint8Array, from: UdpSender): Promise<void> => {
      const target = await findTarget();
      if (target) this.#toGuest(forward, listener, target, payload, from);
    };
    const socket = await this.#context.host.listenUdp(forward.hostAddress, forward.hostPort, (payload, from) => {
      void receive(payload, from);
    });
    const listener: Listener = { socket, guest: undefined };
    return { port: socket.port, close: () => this.#close(listener) };
  }

  /** Takes a guest's answer; false when no client stands behind the port. */
  receive(packet: Ipv4Packet, datagram: UdpDatagram, mac: Mac): boolean {
    const client = this.#clients.get(datagram.destinationPort);
    const guest = client?.listener.guest;
    if (!client || guest?.address !== packet.source || guest.port !== datagram.sourcePort || guest.mac !== mac) {
      return false;
    }
    client.lastUsedMs = this.#context.clock.nowMs();
    client.listener.socket.send(datagram.payload.slice(), client.from);
    return true;
  }

  #toGuest(forward: PortForward, listener: Listener, target: Target, payload: Uint8Array, from: UdpSender): void {
    const { address, sender } = target;
    listener.guest = { mac: sender.mac, address, port: forward.guestPort };
    const port = this.#portFor(forward, listener, from);
    if (port === undefined) return;
    const route = { toMac: sender.mac, source: this.#context.address, destination: address };
    this.#context.outbound.udp(route, port, forward.guestPort, payload);
  }

  #portFor(forward: PortForward, listener: Listener, from: UdpSender): number | undefined {
    const key = clientKey(forward, from);
    const lastUsedMs = this.#context.clock.nowMs();
    const known = this.#ports.get(key);
    const port = known ?? this.#freePort();
    if (port === undefined) return undefined;
    if (known === undefined) this.#makeRoom(listener);
    this.#ports.set(key, port);
    this.#clients.set(port, { from, listener, lastUsedMs });
    return port;
  }

  #makeRoom(listener: Listener): void {
    const own = [...this.#clients].filter(([, client]) => client.listener === listener);
    if (own.length < MAX_CLIENTS) return;
    const [oldest] = own.sort(([, a], [, b]) => a.lastUsedMs - b.lastUsedMs);
    if (oldest) this.#forget(oldest[0]);
  }

  #freePort(): number | undefined {
    for (let tries = EPHEMERAL.first; tries <= EPHEMERAL.last; tries += 1) {
      const port = this.#next;
      this.#next = port === EPHEMERAL.last ? EPHEMERAL.first : port + 1;
      if (!this.#clients.has(port)) return port;
    }
    return undefined;
  }

  #forget(port: number): void {
    this.#clients.delete(port);
    for (const [key, each] of this.#ports) if (each === port) this.#ports.delete(key);
  }

  #close(listener: Listener): void {
    for (const [port, client] of this.#clients) if (client.listener === listener) this.#forget(port);
    listener.socket.close();
  }
}

const clientKey = ({ id }: PortForward, { address, port }: UdpSender): string => `${id} ${address} ${port}`;
