import type { Network, ReachPlace } from '../../shared/model/virtual-network.ts';
import type { Place } from './gateway/policy.ts';
import type { FrameProbe } from './network-process/frame-probe.ts';
import { gatewayAddresses } from './network-view.ts';

/** A frame to try, and what it is in words. */
export interface PlannedFrame {
  sent: string;
  frame: FrameProbe;
}

export interface Surroundings {
  /** What an address is, seen from the network. */
  placeOf: (address: string) => Place;
  /** An address of this computer in its own network; undefined: it has none. */
  hostAddress: string | undefined;
}

const HTTPS = 443;
/** "Discard" (RFC 863): a datagram there asks for nothing. */
const DISCARD = 9;
/** One of the servers of the name system's root (https://root-servers.org): it is there for everybody. */
const PUBLIC_ADDRESS = '198.41.0.4';

/** The ranges of local networks, each with addresses of it; the first is tried that means nothing else on this network. */
const LOCAL_RANGES: readonly { range: string; samples: readonly string[] }[] = [
  { range: '10.0.0.0/8', samples: ['10.255.255.1', '10.127.255.1'] },
  { range: '172.16.0.0/12', samples: ['172.31.255.1', '172.23.255.1'] },
  { range: '192.168.0.0/16', samples: ['192.168.255.1', '192.168.127.1'] },
  { range: '100.64.0.0/10', samples: ['100.127.255.1', '100.95.255.1'] },
  { range: '169.254.0.0/16', samples: ['169.254.169.254', '169.254.1.1'] },
];

/** The frames that show whether a place is reached from a network. Pure. @param port of `hostServices` */
export function framesTo(place: ReachPlace, network: Network, around: Surroundings, port?: number): PlannedFrame[] {
  const own = gatewayAddresses(network);
  switch (place) {
    case 'internet':
      return [tcpTo(PUBLIC_ADDRESS, HTTPS, 'a public address')];
    case 'lan':
      return LOCAL_RANGES.flatMap(({ range, samples }) => {
        const address = samples.find((each) => ['lan', 'linkLocal'].includes(around.placeOf(each)));
        return address === undefined ? [] : [tcpTo(address, HTTPS, range)];
      });
    case 'host':
      if (own) return [echoTo(own.hostAlias, 'this computer'), echoTo(own.gateway, 'the gateway')];
      return around.hostAddress === undefined ? [] : [echoTo(around.hostAddress, 'this computer')];
    default:
      return servicesAt(own?.hostAlias, around.hostAddress, port);
  }
}

/** The frame that shows whether an address behind the gateway is reached. Pure. */
export function framesToAddress(address: string, { placeOf }: Surroundings, port = HTTPS): PlannedFrame[] {
  const place = placeOf(address);
  if (place === 'network') return [];
  return [place === 'gateway' ? echoTo(address, 'the gateway') : tcpTo(address, port)];
}

function servicesAt(alias: string | undefined, hostAddress: string | undefined, port?: number): PlannedFrame[] {
  const byItsOwn = hostAddress === undefined ? [] : [tcpTo(hostAddress, port ?? HTTPS, "this computer's own address")];
  if (alias === undefined) return byItsOwn;
  if (port !== undefined) return [tcpTo(alias, port, 'this computer'), ...byItsOwn];
  return [
    { sent: `TCP to ${alias} (a port that this computer opened for it)`, frame: { kind: 'service', address: alias } },
    { sent: `UDP to ${alias} port ${DISCARD} (this computer)`, frame: { kind: 'udp', address: alias, port: DISCARD } },
    ...byItsOwn,
  ];
}

function tcpTo(address: string, port: number, what?: string): PlannedFrame {
  const words = what === undefined ? '' : ` (${what})`;
  return { sent: `TCP to ${address} port ${port}${words}`, frame: { kind: 'tcp', address, port } };
}

function echoTo(address: string, what: string): PlannedFrame {
  return { sent: `Ping of ${address} (${what})`, frame: { kind: 'echo', address } };
}
