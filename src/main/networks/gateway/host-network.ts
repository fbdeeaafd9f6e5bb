import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { lookup, Resolver } from 'node:dns/promises';
import { connect, createServer, isIPv6, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Answer } from 'dns-packet';

/** Where a datagram came from, on the host's side. */
export interface UdpSender {
  address: string;
  port: number;
}

export interface HostUdp {
  /** The port that it was bound to. */
  readonly port: number;
  /** Failures of a single datagram are not told: UDP promises nothing. */
  send(payload: Uint8Array, to: UdpSender): void;
  close(): void;
}

export interface HostListener {
  readonly port: number;
  /** Takes no new connections; those that are open go on. */
  close(): void;
}

export type OnDatagram = (payload: Uint8Array, from: UdpSender) => void;

/** Kinds of records that can be asked of the host. */
export const RECORD_TYPES = ['A', 'AAAA', 'CNAME', 'MX', 'NS', 'PTR', 'SOA', 'SRV', 'TXT'] as const;
export type HostRecordType = (typeof RECORD_TYPES)[number];

/** The host's network as an ordinary program sees it. Tests lead every address to servers of their own. */
export interface HostNetwork {
  /** Begins a connection; half-open ones are allowed. */
  connectTcp(address: string, port: number): Socket;
  /** A socket with a port of its own choice, for addresses of one family. */
  openUdp(family: 4 | 6, onDatagram: OnDatagram): HostUdp;
  /** @throws NodeJS.ErrnoException such as EADDRINUSE, EACCES, EADDRNOTAVAIL */
  listenTcp(address: string, port: number, onConnection: (socket: Socket) => void): Promise<HostListener>;
  /** @throws NodeJS.ErrnoException such as EADDRINUSE, EACCES, EADDRNOTAVAIL */
  listenUdp(address: string, port: number, onDatagram: OnDatagram): Promise<HostUdp>;
  /** Asks the host's resolver. @throws NodeJS.ErrnoException with the codes of node:dns, such as ENOTFOUND */
  resolve(name: string, type: HostRecordType): Promise<Answer[]>;
  /** All addresses of the host's own interfaces. */
  addresses(): readonly string[];
}

const DNS_TIMEOUT_MS = 2000;
const DNS_TRIES = 2;
/** Interfaces change seldom, and reading them takes some system calls. */
const ADDRESSES_FRESH_MS = 2000;
/** For names that the host knows without a name server. */
const LOCAL_TTL_SECONDS = 60;

/**
 * The host's network through ordinary sockets, without any privilege.
 * @param nameServers as `address` or `address:port`; by default those of the system
 */
export function createHostNetwork(nameServers?: readonly string[]): HostNetwork {
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: DNS_TRIES });
  if (nameServers) resolver.setServers(nameServers);
  let known: { atMs: number; addresses: readonly string[] } | undefined;
  return {
    connectTcp: (address, port) => connect({ host: address, port, allowHalfOpen: true, noDelay: true }),
    openUdp: (family, onDatagram) =>
      wrapUdp(createSocket(family === 6 ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' }), onDatagram),
    listenTcp,
    listenUdp: async (address, port, onDatagram) => {
      const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      socket.once('error', reject).bind({ address, port, exclusive: true }, resolve);
      await promise;
      socket.off('error', reject);
      return wrapUdp(socket, onDatagram);
    },
    resolve: (name, type) => resolveName(resolver, name, type),
    addresses: () => {
      const nowMs = performance.now();
      if (!known || nowMs - known.atMs > ADDRESSES_FRESH_MS) known = { atMs: nowMs, addresses: ownAddresses() };
      return known.addresses;
    },
  };
}

const ownAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address.split('%')[0] ?? ''));

async function listenTcp(address: string, port: number, onConnection: (socket: Socket) => void): Promise<HostListener> {
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, onConnection);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).listen({ host: address, port, exclusive: true }, resolve);
  await promise;
  server.off('error', reject);
  // Later errors are failed accepts, such as too many open files: the connection is lost, the listener stays.
  server.on('error', () => undefined);
  const bound = server.address();
  return { port: typeof bound === 'object' && bound ? bound.port : port, close: () => void server.close() };
}

function wrapUdp(socket: UdpSocket, onDatagram: OnDatagram): HostUdp {
  let isClosed = false;
  socket.on('message', (payload, { address, port }) => onDatagram(payload, { address, port }));
  // Unreachable ports and networks of earlier datagrams; UDP promises nothing.
  socket.on('error', () => undefined);
  return {
    get port() {
      return socket.address().port;
    },
    send: (payload, { address, port }) => {
      // Port 0 is none: sending there throws, and later than now.
      if (!isClosed && port !== 0) socket.send(payload, port, address, () => undefined);
    },
    close: () => {
      if (!isClosed) socket.close();
      isClosed = true;
    },
  };
}

async function resolveName(resolver: Resolver, name: string, type: HostRecordType): Promise<Answer[]> {
  if (type !== 'A' && type !== 'AAAA') return askResolver(resolver, name, type);
  const isLocal = !name.includes('.') || /\.local$/i.test(name);
  if (isLocal) return askSystem(name, type);
  try {
    const find = type === 'A' ? resolver.resolve4.bind(resolver) : resolver.resolve6.bind(resolver);
    return (await find(name, { ttl: true })).map(({ address, ttl }) => ({ name, type, ttl, data: address }));
  } catch (error) {
    // No name server at all: the system may know other ways.
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return askSystem(name, type);
    throw error;
  }
}

/** Names that no name server knows, such as those of the local network, as the system finds them. */
async function askSystem(name: string, type: 'A' | 'AAAA'): Promise<Answer[]> {
  const found = await lookup(name, { family: type === 'A' ? 4 : 6, all: true });
  return found.map(({ address }) => ({ name, type, ttl: LOCAL_TTL_SECONDS, data: address }));
}

async function askResolver(resolver: Resolver, name: string, type: HostRecordType): Promise<Answer[]> {
  const ttl = LOCAL_TTL_SECONDS;
  switch (type) {
    case 'CNAME':
      return (await resolver.resolveCname(name)).map((data) => ({ name, type, ttl, data }));
    case 'NS':
      return (await resolver.resolveNs(name)).map((data) => ({ name, type, ttl, data }));
    case 'PTR':
      return (await resolver.resolvePtr(name)).map((data) => ({ name, type, ttl, data }));
    case 'TXT':
      return (await resolver.resolveTxt(name)).map((data) => ({ name, type, ttl, data }));
    case 'MX': {
      const found = await resolver.resolveMx(name);
      return found.map(({ exchange, priority }) => ({ name, type, ttl, data: { exchange, preference: priority } }));
    }
    case 'SRV': {
      const found = await resolver.resolveSrv(name);
      return found.map(({ name: target, ...rest }) => ({ name, type, ttl, data: { target, ...rest } }));
    }
    case 'SOA': {
      const { nsname: mname, hostmaster: rname, minttl: minimum, ...rest } = await resolver.resolveSoa(name);
      return [{ name, type, ttl, data: { mname, rname, minimum, ...rest } }];
    }
    default:
      return [];
  }
}
