import type { Socket } from 'node:net';
import { InnError } from '../../../shared/errors.ts';
import type { GatewayContext } from './gateway-context.ts';
import type { HostListener } from './host-network.ts';
import { formatIpv4 } from './packets/addresses.ts';
import { explainListenFailure, type OpenForward, type PortForward, type Target } from './port-forward.ts';
import type { TcpNat } from './tcp-nat.ts';
import type { ForwardGuest } from './udp-forward.ts';

/** How long a connection is held for a machine that is being woken, and how often the machine is tried meanwhile. */
const HOLD_MS = 60_000;
const HOLD_RETRY_MS = 500;
/** Connections of one forward that wait for its machine. */
const MAX_HELD = 64;

export interface PortForwardsOptions {
  context: GatewayContext;
  tcp: TcpNat;
  openUdp: (forward: PortForward, guest: ForwardGuest) => Promise<HostListener>;
  /** The guest, when it is attached and answers. */
  findTarget: (target: PortForward['target']) => Promise<Target | undefined>;
  /**
   * A client connected, or sent a datagram, and the guest is not up. True holds it: the guest is tried again until it
   * answers, the client leaves, or a minute has passed.
   */
  onWaiting?: ((forward: PortForward) => boolean) | undefined;
  /** Whether the guest is known to sleep: asking it would only take time. */
  isAsleep?: ((forward: PortForward) => boolean) | undefined;
}

interface Open {
  forward: OpenForward;
  listener: HostListener;
  held: Set<Socket>;
}

/** Ports of the host that lead to guests; each is opened and closed while everything runs. */
export class PortForwards {
  readonly #options: PortForwardsOptions;
  readonly #open = new Map<string, Open>();

  constructor(options: PortForwardsOptions) {
    this.#options = options;
  }

  list(): OpenForward[] {
    return [...this.#open.values()].map(({ forward }) => ({ ...forward }));
  }

  /**
   * Opens a port of the host; gives the port, which was chosen when 0 was asked for.
   * @throws InnError `PORT_IN_USE` naming the process that holds it, `INVALID_CONFIG` where the system permits it not
   */
  async add(forward: PortForward): Promise<number> {
    if (this.#open.has(forward.id)) {
      throw new InnError('NAME_IN_USE', `A port forward '${forward.id}' is open already.`);
    }
    const open: Open = { forward: { ...forward, connections: 0 }, listener: NOT_YET, held: new Set() };
    this.#open.set(forward.id, open);
    try {
      const listener = await this.#listen(open);
      if (this.#open.get(forward.id) !== open) {
        listener.close();
        throw new InnError('CANCELLED', `The port forward '${forward.id}' was removed while it was being opened.`);
      }
      open.listener = listener;
    } catch (error) {
      if (this.#open.get(forward.id) === open) this.#open.delete(forward.id);
      throw error instanceof InnError ? error : await explainListenFailure(forward, error as NodeJS.ErrnoException);
    }
    open.forward.hostPort = open.listener.port;
    return open.listener.port;
  }

  /** Closes the port; connections that run go on, those that wait are reset. False when there is none with this id. */
  remove(id: string): boolean {
    const open = this.#open.get(id);
    if (!open) return false;
    this.#open.delete(id);
    open.listener.close();
    for (const socket of open.held) socket.resetAndDestroy();
    return true;
  }

  close(): void {
    for (const id of [...this.#open.keys()]) this.remove(id);
  }

  #listen(open: Open): Promise<HostListener> {
    const { forward } = open;
    const { context, openUdp } = this.#options;
    if (forward.protocol === 'udp') return openUdp(forward, this.#guestOf(open));
    const onConnection = (socket: Socket): void => void this.#connect(open, socket);
    return context.host.listenTcp(forward.hostAddress, forward.hostPort, onConnection);
  }

  /** What UDP's forwards, which have no connections, need to know. */
  #guestOf({ forward }: Open): ForwardGuest {
    const { findTarget, isAsleep, onWaiting } = this.#options;
    return {
      find: async () => {
        const target = await findTarget(forward.target);
        return target && !this.#isPermitted(forward, target) ? 'refused' : target;
      },
      isAsleep: () => isAsleep?.(forward) ?? false,
      wake: () => onWaiting?.(forward) ?? false,
      onClient: () => {
        forward.connections += 1;
      },
    };
  }

  async #connect(open: Open, socket: Socket): Promise<void> {
    open.forward.connections += 1;
    // A client that leaves early is seen by its close; without this listener its error would end the process.
    socket.on('error', () => undefined);
    const { forward } = open;
    const found = this.#isAsleep(open) ? undefined : await this.#options.findTarget(forward.target);
    const target = this.#isAsleep(open) ? undefined : found; // it may have gone to sleep meanwhile
    if (target && !this.#isPermitted(forward, target)) socket.resetAndDestroy();
    else if (target) this.#join(open, socket, target, 0);
    else this.#holdOrReset(open, socket);
  }

  /** To be called when other machines sleep than before: who waits for one of them wakes it. */
  lookAtSleepers(): void {
    for (const open of this.#open.values()) {
      if (this.#isAsleep(open) && this.#options.tcp.isOwed(open.forward.id)) this.#options.onWaiting?.(open.forward);
    }
  }

  #isAsleep({ forward }: Open): boolean {
    return this.#options.isAsleep?.(forward) ?? false;
  }

  #holdOrReset(open: Open, socket: Socket): void {
    const isOpen = this.#open.get(open.forward.id) === open;
    if (isOpen && open.held.size < MAX_HELD && this.#options.onWaiting?.(open.forward)) this.#hold(open, socket);
    else socket.resetAndDestroy();
  }

  #isPermitted({ guestPort, protocol }: PortForward, { sender, address }: Target): boolean {
    const { isAllowed, rule } = this.#options.context.judge(sender.source.profile, address, 'in');
    if (!isAllowed) {
      const { portId } = sender.source;
      const destination = formatIpv4(address);
      this.#options.context.refuse({ portId, rule, protocol, destination, destinationPort: guestPort });
    }
    return isAllowed;
  }

  #hold(open: Open, socket: Socket): void {
    const untilMs = this.#options.context.clock.nowMs() + HOLD_MS;
    open.held.add(socket);
    socket.once('close', () => open.held.delete(socket));
    this.#retryLater(open, socket, untilMs);
  }

  #retryLater(open: Open, socket: Socket, untilMs: number): void {
    this.#options.context.clock.after(HOLD_RETRY_MS, () => void this.#retry(open, socket, untilMs));
  }

  async #retry(open: Open, socket: Socket, untilMs: number): Promise<void> {
    if (socket.destroyed) return;
    const target = await this.#options.findTarget(open.forward.target);
    if (socket.destroyed) return;
    if (target && this.#isPermitted(open.forward, target)) this.#join(open, socket, target, untilMs);
    else if (!target && this.#options.context.clock.nowMs() < untilMs) this.#retryLater(open, socket, untilMs);
    else socket.resetAndDestroy();
  }

  /** `untilMs` other than 0: the guest is just waking, and a refusal may only mean that its server has not begun. */
  #join(open: Open, socket: Socket, { sender, address }: Target, untilMs: number): void {
    if (socket.destroyed) return;
    this.#options.tcp.open({
      sender,
      guestAddress: address,
      guestPort: open.forward.guestPort,
      stream: socket,
      forwardId: open.forward.id,
      isAsleep: () => this.#isAsleep(open),
      onOpen: () => open.held.delete(socket),
      onRefused: () => this.#refused(open, socket, untilMs),
      onCall: () => this.#isAsleep(open) && this.#options.onWaiting?.(open.forward),
    });
  }

  /** A guest that goes to sleep in this very moment takes nothing either: it is woken for whoever waits. */
  #refused(open: Open, socket: Socket, untilMs: number): void {
    if (this.#options.context.clock.nowMs() < untilMs) this.#retryLater(open, socket, untilMs);
    else if (this.#isAsleep(open)) this.#holdOrReset(open, socket);
    else socket.resetAndDestroy();
  }
}

/** Stands in until the port is open. */
const NOT_YET: HostListener = { port: 0, close: () => undefined };
