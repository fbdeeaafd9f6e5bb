import type { GatewayContext } from './gateway-context.ts';
import { type Datagram, HeldDatagrams } from './held-datagrams.ts';
import type { HostListener, HostUdp, UdpSender } from './host-network.ts';
import type { Mac } from './packets/addresses.ts';
import type { IpPacket } from './packets/ip-packet.ts';
import type { UdpDatagram } from './packets/udp.ts';
import type { PortForward, Target } from './port-forward.ts';

/** Clients of one forward at a time; the one that was silent longest gives way. */
const MAX_CLIENTS = 256;
const EPHEMERAL = { first: 49_152, last: 65_535 };
/** Datagrams of one forward for which the guest is being looked for. */
const MAX_LOOKING = 256;

/** The guest behind a forward. */
export interface ForwardGuest {
  /** The guest, when it answers; `refused`: its profile lets nobody in. Does not reject. */
  find(): Promise<Target | 'refused' | undefined>;
  /** Whether it is known to sleep: looking for it would only take time. */
  isAsleep(): boolean;
  /** Asks for it to be woken; false: nobody will. */
  wake(): boolean;
  /** A client that was not there before sends something. */
  onClient(): void;
}

interface Client {
  from: UdpSender;
  lastUsedMs: number;
}

interface Listener {
  forward: PortForward;
  guest: ForwardGuest;
  socket: HostUdp;
  held: HeldDatagrams<Target>;
  looking: number;
  isClosed: boolean;
  /** The guest that datagrams were sent to last: only it may answer. */
  answering: { mac: Mac; address: number; port: number } | undefined;
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

  /**
   * Leads a port of the host to the guest. What comes while the guest sleeps is held until it is up, as `HeldDatagrams` says.
   * @throws NodeJS.ErrnoException such as EADDRINUSE
   */
  async open(forward: PortForward, guest: ForwardGuest): Promise<HostListener> {
    const { host, clock } = this.#context;
    const socket = await host.listenUdp(forward.hostAddress, forward.hostPort, (payload, from) => {
      void this.#fromHost(listener, { payload, from });
    });
    const held = new HeldDatagrams<Target>({
      clock,
      wake: () => guest.wake(),
      find: async () => (guest.isAsleep() ? undefined : guest.find()),
      deliver: (target, datagram) => this.#toGuest(listener, target, datagram),
    });
    const listener: Listener = { forward, guest, socket, held, looking: 0, isClosed: false, answering: undefined };
    return { port: socket.port, close: () => this.#close(listener) };
  }

  /** Takes a guest's answer; false when no client stands behind the port. */
  receive(packet: IpPacket, datagram: UdpDatagram, mac: Mac): boolean {
    const client = this.#clients.get(datagram.destinationPort);
    const guest = client?.listener.answering;
    if (!client || guest?.address !== packet.source || guest.port !== datagram.sourcePort || guest.mac !== mac) {
      return false;
    }
    client.lastUsedMs = this.#context.clock.nowMs();
    client.listener.socket.send(datagram.payload.slice(), client.from);
    return true;
  }

  async #fromHost(listener: Listener, datagram: Datagram): Promise<void> {
    const { guest, held } = listener;
    if (held.isHolding || guest.isAsleep()) {
      held.hold(datagram);
      return;
    }
    if (listener.looking >= MAX_LOOKING) return; // UDP promises nothing
    listener.looking += 1;
    const target = await guest.find();
    listener.looking -= 1;
    if (listener.isClosed) return;
    if (target === undefined) held.hold(datagram);
    else if (target !== 'refused') this.#toGuest(listener, target, datagram);
  }

  #toGuest(listener: Listener, { address, sender }: Target, { payload, from }: Datagram): void {
    const { guestPort } = listener.forward;
    listener.answering = { mac: sender.mac, address, port: guestPort };
    const port = this.#portFor(listener, from);
    if (port === undefined) return;
    const route = { toMac: sender.mac, source: this.#context.address, destination: address };
    this.#context.outbound.udp(route, port, guestPort, payload);
  }

  #portFor(listener: Listener, from: UdpSender): number | undefined {
    const key = clientKey(listener.forward, from);
    const lastUsedMs = this.#context.clock.nowMs();
    const known = this.#ports.get(key);
    const port = known ?? this.#freePort();
    if (port === undefined) return undefined;
    if (known === undefined) {
      this.#makeRoom(listener);
      listener.guest.onClient();
    }
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
    listener.isClosed = true;
    listener.held.close();
    listener.socket.close();
  }
}

const clientKey = ({ id }: PortForward, { address, port }: UdpSender): string => `${id} ${address} ${port}`;
