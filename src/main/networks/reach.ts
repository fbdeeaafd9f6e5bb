import type { NetworkAdapter } from '../../shared/model/network.ts';
import type { Network, PortForward, ReachAnswer } from '../../shared/model/virtual-network.ts';
import { PROFILE_NAMES } from '../../shared/network-names.ts';
import { decide, type Place, RULES } from './gateway/policy.ts';
import { gatewaySettingsOf } from './network-spec.ts';

/** One adapter of a machine, with the network that it is on. */
export interface ReachEnd {
  index: number;
  adapter: NetworkAdapter;
  network: Network | undefined;
}

export interface ReachMachine {
  name: string;
  ends: readonly ReachEnd[];
  /** Ports of the host that lead to it. */
  forwards: readonly PortForward[];
}

/** What a rule says about a way, and how far the way goes: of several ways the one that goes furthest counts. */
export interface Verdict extends Pick<ReachAnswer, 'isReachable' | 'decidedBy' | 'rule' | 'reason'> {
  depth: number;
  /** The adapter that it is about; undefined: none is on a network. */
  from?: ReachEnd;
  to?: ReachEnd;
}

const CABLE = 2;
const NETWORK = 3;
const RULE = 4;
const THROUGH = 5;

/** Whether frames of one machine get to another. Pure. @param port of the other one, for the way through the host */
export function reachMachine(from: ReachMachine, to: ReachMachine, port: number | undefined): Verdict {
  const ways = from.ends.flatMap((a) => to.ends.map((b) => betweenAdapters(from.name, a, to.name, b)));
  const own = furthest([noAdapter(from, to), ...ways]);
  if (own.isReachable || port === undefined) return own;
  return throughHost(from, to, port) ?? own;
}

/** Whether a machine gets to a place outside of its network. Pure. */
export function reachPlace(from: ReachMachine, placeOn: (network: Network) => Place): Verdict {
  const ways = from.ends.map((end) => toPlace(from.name, end, placeOn));
  return furthest([noAdapter(from), ...ways]);
}

/** Whether a machine sees the computer that it runs on: by a ping of it, or of the gateway, which is a part of it. Pure. */
export function reachHost(from: ReachMachine): Verdict {
  const behind = reachPlace(from, () => 'host');
  const gateway = reachPlace(from, () => 'gateway');
  if (behind.isReachable || !gateway.isReachable) return behind.isReachable ? behind : gateway;
  const reason = `The gateway of its network, a part of this computer, answers a ping. It gets no further: ${behind.reason}`;
  return { ...gateway, reason };
}

function furthest(ways: readonly Verdict[]): Verdict {
  return ways.reduce((best, way) => (way.depth > best.depth ? way : best));
}

function no(depth: number, decidedBy: string, rule: string, reason: string): Verdict {
  return { isReachable: false, depth, decidedBy, rule, reason };
}

function noAdapter(...machines: readonly ReachMachine[]): Verdict {
  const lonely = machines.find(({ ends }) => ends.every(({ network }) => network === undefined));
  const name = lonely?.name ?? machines[0]?.name ?? '';
  const reason = `'${name}' has no adapter on a network. Attach one in its settings.`;
  return no(0, 'adapter', 'adapter.none', reason);
}

function pulledCable(name: string, { index, adapter }: ReachEnd): Verdict | undefined {
  if (adapter.isCableConnected) return undefined;
  const reason = `The cable of adapter ${index + 1} of '${name}' is pulled. Plug it in.`;
  return no(CABLE, 'cable', 'cable.pulled', reason);
}

function quarantined(name: string, { index, adapter }: ReachEnd): Verdict | undefined {
  if (adapter.profile !== 'quarantine') return undefined;
  const where = `Choose another profile for adapter ${index + 1} of '${name}'.`;
  return no(RULE, 'profile', 'quarantine.nothing', `${RULES['quarantine.nothing']} ${where}`);
}

function betweenAdapters(fromName: string, from: ReachEnd, toName: string, to: ReachEnd): Verdict {
  const ends = { from, to };
  const { network } = from;
  if (!network || !to.network)
    return { ...no(0, 'adapter', 'adapter.none', noReason(network ? toName : fromName)), ...ends };
  if (network.id !== to.network.id) {
    const reason = `'${fromName}' is on '${network.name}' and '${toName}' on '${to.network.name}': no frame passes between two networks. Put both on one.`;
    return { ...no(1, 'network', 'network.different', reason), ...ends };
  }
  const stop = pulledCable(fromName, from) ?? pulledCable(toName, to);
  if (stop) return { ...stop, ...ends };
  if (network.kind === 'nat') {
    const reason = `The network '${network.name}' keeps its machines from each other. Use a NAT Network instead.`;
    return { ...no(NETWORK, 'switch', 'switch.isolated', reason), ...ends };
  }
  const refused = quarantined(fromName, from) ?? quarantined(toName, to);
  if (refused) return { ...refused, ...ends };
  const reason = `Both are on the network '${network.name}', and its switch carries their frames.`;
  return { isReachable: true, depth: THROUGH, decidedBy: 'switch', rule: 'switch.carries', reason, ...ends };
}

const noReason = (name: string): string => `An adapter of '${name}' is on no network.`;

/** By a port forward on the host, where the profile lets the machine reach the host. */
function throughHost(from: ReachMachine, to: ReachMachine, port: number): Verdict | undefined {
  const forward = to.forwards.find(({ guestPort }) => guestPort === port);
  const way = reachPlace(from, () => 'host');
  if (!forward || !way.isReachable) return undefined;
  const reason = `Port ${forward.hostPort} of the host leads to port ${port} of '${to.name}', and '${from.name}' may reach the host.`;
  return { ...way, depth: THROUGH, decidedBy: 'forward', rule: 'gateway.forward', reason };
}

/** The profile, or the gateway itself. */
const deciderOf = (rule: string): string => (rule.startsWith('gateway.') ? 'gateway' : 'profile');

function toPlace(name: string, end: ReachEnd, placeOn: (network: Network) => Place): Verdict {
  const { network, adapter } = end;
  if (!network) return no(0, 'adapter', 'adapter.none', noReason(name));
  const stop = pulledCable(name, end);
  if (stop) return { ...stop, from: end };
  const settings = gatewaySettingsOf(network);
  if (!settings && network.kind !== 'internal') return { ...overUplink(name, end, network.name), from: end };
  if (!settings) {
    const reason = `The internal network '${network.name}' leads nowhere else. Use NAT or a NAT Network for that.`;
    return { ...no(NETWORK, 'network', 'network.internal', reason), from: end };
  }
  const place = placeOn(network);
  const isIsolated = adapter.profile === 'quarantine';
  if (place === 'network' && !isIsolated) return { ...nobody(network.name), from: end };
  const { isAllowed, rule } = decide(adapter.profile, place, 'out');
  const isOutside = place !== 'gateway';
  if (isAllowed && isOutside && !settings.hasOutside) {
    return { ...no(RULE, 'gateway', 'gateway.noOutside', RULES['gateway.noOutside']), from: end };
  }
  const decidedBy = deciderOf(rule);
  const cure = isAllowed || decidedBy === 'gateway' ? '' : ` Choose another profile for adapter ${end.index + 1}.`;
  const depth = isAllowed ? THROUGH : RULE;
  return { isReachable: isAllowed, depth, decidedBy, rule, reason: `${RULES[rule]}${cure}`, from: end };
}

/** An address of the machine's own network that none of ours has; a switch asks who has it, the gateway is not asked. */
function nobody(network: string): Verdict {
  const reason = `No machine on the network '${network}' has this address.`;
  return no(NETWORK, 'network', 'network.nobody', reason);
}

/** A bridged network leads to the host's own, whoever is there; only `open` lets frames out there. */
function overUplink(name: string, end: ReachEnd, network: string): Verdict {
  const refused = quarantined(name, end);
  if (refused) return refused;
  const { open } = PROFILE_NAMES;
  if (end.adapter.profile !== 'open') {
    const reason = `Only the profile '${open}' lets frames out of the bridged network '${network}', for nothing there says what they reach. Choose it for adapter ${end.index + 1}.`;
    return no(RULE, 'profile', 'switch.uplink', reason);
  }
  const reason = `'${name}' stands in this computer's own network, by the bridged network '${network}'. What answers there is not known here.`;
  return { isReachable: true, depth: THROUGH, decidedBy: 'network', rule: 'network.bridged', reason };
}
