import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { Answer } from 'dns-packet';
import {
  createHostNetwork,
  type HostNetwork,
  type HostRecordType,
} from '../../../src/main/networks/gateway/host-network.ts';

export interface TestHost extends HostNetwork {
  /** Leads an address of the outside to a port of this computer's loopback. */
  lead(address: string, port: number, toPort: number): void;
  /** What the gateway connected to, as it asked for it. */
  readonly asked: string[];
  names: (name: string, type: HostRecordType) => Promise<Answer[]>;
}

/** A host's network that never leaves this computer: outside addresses lead to local servers, or nowhere. */
export function createTestHost(own: readonly string[] = ['127.0.0.1', '192.0.2.200']): TestHost {
  const real = createHostNetwork();
  const leads = new Map<string, number>();
  const asked: string[] = [];
  const portOf = (address: string, port: number): number | undefined =>
    address.startsWith('127.') || address === '::1' ? port : leads.get(`${address}:${port}`);
  const host: TestHost = {
    ...real,
    asked,
    names: async (name) => Promise.reject(Object.assign(new Error(name), { code: 'ENOTFOUND' })),
    lead: (address, port, toPort) => void leads.set(`${address}:${port}`, toPort),
    connectTcp: (address, port) => {
      asked.push(`${address}:${port}`);
      const local = portOf(address, port);
      return local === undefined ? unreachable() : real.connectTcp(address === '::1' ? '::1' : '127.0.0.1', local);
    },
    openUdp: (family, onDatagram) => {
      const back = new Map<number, { address: string; port: number }>();
      const socket = real.openUdp(family, (payload, from) => onDatagram(payload, back.get(from.port) ?? from));
      return {
        port: 0,
        close: () => socket.close(),
        send: (payload, to) => {
          asked.push(`${to.address}:${to.port}`);
          const local = portOf(to.address, to.port);
          if (local === undefined) return;
          back.set(local, to);
          socket.send(payload, { address: family === 6 ? '::1' : '127.0.0.1', port: local });
        },
      };
    },
    resolve: (name, type) => host.names(name, type),
    addresses: () => own,
  };
  return host;
}

/** A connection that fails a moment later, as one without a route does. */
function unreachable(): Socket {
  const error = Object.assign(new Error('No such host'), { code: 'EHOSTUNREACH' });
  return connect({ host: 'nowhere', port: 1, lookup: (_host, _options, found) => setImmediate(found, error, '', 0) });
}

/** A server on the loopback; gives it with its port. */
export async function serve(onConnection: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  return { server, port: (server.address() as AddressInfo).port };
}
