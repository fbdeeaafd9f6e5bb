import type { Network, NetworkCapture, NetworkDetails, ReachAnswer } from '../../../shared/model/virtual-network.ts';
import type { MachineAddress } from '../../../shared/network-contract.ts';
import { endWithin, PROFILE_NAMES } from '../../../shared/network-names.ts';
import { formatBytes } from '../../../shared/units.ts';
import { fields, table } from '../command-parts/print.ts';
import { uplinkStateWords, uplinkWords } from './uplink-lines.ts';

const KINDS: Record<Network['kind'], string> = {
  nat: 'NAT',
  natNetwork: 'NAT Network',
  internal: 'internal',
  hostOnly: 'host-only',
  bridged: 'bridged',
};

export function networkTable(all: readonly NetworkDetails[]): string[] {
  return table(
    ['NAME', 'KIND', 'RANGE', 'MACHINES', 'FORWARDS'],
    all.map(({ network, ports }) => [
      network.name,
      KINDS[network.kind],
      network.subnet ?? 'none',
      ports.map(({ machineName }) => machineName).join(', ') || '-',
      String(network.forwards.length),
    ]),
  );
}

export function networkFields(network: Network): string[] {
  return fields(settingsPairs(network));
}

type Pair = [label: string, value: string];

function settingsPairs({ name, kind, subnet, mtu, description, uplink, id }: Network): Pair[] {
  return [
    ['Name', name],
    ['Id', id],
    ['Kind', KINDS[kind]],
    ['Range', subnet ?? 'none'],
    ['MTU', String(mtu)],
    ...(uplink ? [['Uplink', uplinkWords(uplink)] satisfies Pair] : []),
    ...(description ? [['Description', description] satisfies Pair] : []),
  ];
}

/** A network as it is at the moment. */
export function networkLines(details: NetworkDetails): string[] {
  const { network, isRunning, gatewayAddress, ipv6, ports, refusals, captures, uplink } = details;
  return [
    ...fields([
      ...settingsPairs(network),
      ['State', isRunning ? `running, gateway ${gatewayAddress ?? 'none'}` : 'no machine on it is on'],
      ...(ipv6 ? [['IPv6', `${ipv6.prefix}, gateway ${ipv6.gatewayAddress}`] satisfies Pair] : []),
      ...(uplink ? [['Its uplink', uplinkStateWords(uplink)] satisfies Pair] : []),
    ]),
    ...(ports.length === 0 ? [] : ['', ...portTable(ports)]),
    ...refusals.map(({ says, count }) => `Refused ${count} times: ${says}`),
    ...captures.map(
      (capture) => `Capture ${capture.id}: ${formatBytes(capture.bytes)} in ${capture.path}; ${captureWords(capture)}`,
    ),
  ];
}

/** Whether it goes on, or why not. */
const captureWords = ({ failure, endedAt }: NetworkCapture): string =>
  failure === null && endedAt === null ? 'it goes on' : `it ended by itself: ${failure}`;

export function captureTable(captures: readonly NetworkCapture[]): string[] {
  if (captures.length === 0) return ['Nothing is captured.'];
  return table(
    ['ID', 'FRAMES', 'CAPTURED', 'FILE', 'ENDED', 'STATE'],
    captures.map((capture) => [
      ...[capture.id, String(capture.frames), formatBytes(capture.bytes), capture.path, capture.endedAt ?? '-'],
      captureWords(capture),
    ]),
  );
}

function portTable(ports: NetworkDetails['ports']): string[] {
  return table(
    ['MACHINE', 'ADDRESS', 'PROFILE', 'CABLE', 'IN', 'OUT', 'DROPPED'],
    ports.map(({ machineName, address, profile, isCableConnected, inBytes, outBytes, drops }) => [
      machineName,
      address ?? '-',
      PROFILE_NAMES[profile],
      isCableConnected ? 'plugged' : 'pulled',
      formatBytes(inBytes),
      formatBytes(outBytes),
      Object.entries(drops)
        .map(([reason, count]) => `${count} ${reason}`)
        .join(', ') || '0',
    ]),
  );
}

export function leaseTable({ leases }: NetworkDetails): string[] {
  if (leases.length === 0) return ['No addresses were given yet.'];
  return table(
    ['ADDRESS', 'MAC ADDRESS', 'MACHINE', 'HOST NAME', 'UNTIL'],
    leases.map(({ address, macAddress, machineName, hostName, expiresAt }) => [
      ...[address, macAddress, machineName ?? '-', hostName ?? '-', expiresAt],
    ]),
  );
}

export function addressTable(addresses: readonly MachineAddress[]): string[] {
  return table(
    ['ADAPTER', 'ADDRESS', 'NAME', 'NETWORK', 'MAC ADDRESS'],
    addresses.flatMap(({ adapter, address, addresses6, name, network, macAddress }) => [
      [String(adapter + 1), address ?? '-', name ?? '-', network ?? 'none', macAddress],
      ...addresses6.map((each) => ['', each, '', '', '']),
    ]),
  );
}

export function reachLines({ from, to, isReachable, reason, rule, isProven, trials }: ReachAnswer): string[] {
  const proof =
    isProven === true ? ' Proven with real frames.' : isProven === false ? ' The settings say otherwise!' : '';
  const place = endWithin(to);
  const end = place === to ? `'${to}'` : place;
  return [
    `'${from}' ${isReachable ? 'reaches' : 'does not reach'} ${end}. ${reason} (${rule})${proof}`,
    ...trials.map(({ sent, says }) => `  ${sent}: ${says}`),
  ];
}
