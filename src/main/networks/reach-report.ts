import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { networkOf } from '../../shared/adapter-network.ts';
import { isOnline } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import { type Network, type ReachAnswer, ReachPlace } from '../../shared/model/virtual-network.ts';
import type { NetworkTable } from '../db/network-table.ts';
import { broadcastOf, formatIpv4, isInSubnet, parseIpv4, parseSubnet } from './gateway/packets/addresses.ts';
import { type Place, placeOf } from './gateway/policy.ts';
import type { LiveNetworks } from './live-networks.ts';
import { portIdOf } from './machine-ports.ts';
import type { FrameFate } from './network-process/frame-probe.ts';
import type { ProbeAnswer } from './network-process/probe.ts';
import { GATEWAY_MAC, gatewaySettingsOf } from './network-spec.ts';
import { addressOf, gatewayAddresses } from './network-view.ts';
import { type ReachEnd, type ReachMachine, reachHost, reachMachine, reachPlace, type Verdict } from './reach.ts';
import { framesTo, framesToAddress, type PlannedFrame, type Surroundings } from './reach-frames.ts';
import { prove, type Trial } from './reach-proof.ts';

export interface ReachDeps {
  table: NetworkTable;
  live: LiveNetworks;
  machines: { list(): Machine[]; get(ref: string): Machine };
}

/** How long an answer may take on a switch of this computer, in milliseconds. */
const PROBE_MS = 1000;
const PLACES: Record<Exclude<ReachPlace, 'host'>, Place> = { hostServices: 'host', lan: 'lan', internet: 'internet' };
/** What an adapter without an address calls itself (RFC 3927). */
const NO_ADDRESS = '169.254.1.1';

/** Who reaches whom, by the rules, and where machines run by asking over the switch. */
export class ReachReport {
  readonly #deps: ReachDeps;

  constructor(deps: ReachDeps) {
    this.#deps = deps;
  }

  /** @param to a place, an IPv4 address, or a machine. @throws InnError `MACHINE_NOT_FOUND` */
  async answer(from: Machine, to: string, port?: number): Promise<ReachAnswer> {
    const place = ReachPlace.safeParse(to);
    if (place.success) return this.#toPlace(from, place.data, port);
    if (!isIPv4(to)) return this.#toMachine(from, this.#deps.machines.get(to), port);
    const owner = this.#ownerOf(from, to);
    if (owner) return this.#toMachine(from, owner, port);
    const subject = this.#subject(from);
    const verdict = reachPlace(subject, (network) => placeIn(network, to));
    const answer = answerOf(from, to, verdict);
    if (verdict.rule === 'network.nobody') return this.#ofNobody(from, answer, verdict);
    return this.#prove(from, subject, answer, (network) => framesToAddress(to, around(network), port));
  }

  /** All machines beside each other, and the places outside. */
  async matrix(): Promise<{ ends: string[]; answers: ReachAnswer[] }> {
    const machines = this.#deps.machines.list().filter(({ config }) => !config.isTemplate);
    const answers = machines.flatMap((from) => [
      ...machines.filter((to) => to !== from).map((to) => this.#toMachine(from, to, undefined)),
      ...ReachPlace.options.map((place) => this.#toPlace(from, place)),
    ]);
    return {
      ends: [...machines.map(({ config }) => config.name), ...ReachPlace.options],
      answers: await Promise.all(answers),
    };
  }

  #toPlace(from: Machine, place: ReachPlace, port?: number): Promise<ReachAnswer> {
    const subject = this.#subject(from);
    const verdict = place === 'host' ? reachHost(subject) : reachPlace(subject, () => PLACES[place]);
    const frames = (network: Network) => framesTo(place, network, around(network), port);
    return this.#prove(from, subject, answerOf(from, place, verdict), frames);
  }

  /** Tries the frames at each adapter that is on a network. */
  async #prove(
    from: Machine,
    { ends }: ReachMachine,
    answer: ReachAnswer,
    framesOn: (network: Network) => PlannedFrame[],
  ): Promise<ReachAnswer> {
    const attached = ends.filter(({ network }) => network !== undefined);
    const trials = await Promise.all(attached.map((end) => this.#try(from, end, framesOn)));
    const isWhole = trials.every(({ length }) => length > 0);
    return prove(answer, trials.flat(), isWhole);
  }

  /** What became of each frame; nothing where none can be sent without leaving this computer, or the machine is off. */
  async #try(
    from: Machine,
    { index, adapter, network }: ReachEnd,
    framesOn: (network: Network) => PlannedFrame[],
  ): Promise<Trial[]> {
    if (!network) return [];
    const settings = gatewaySettingsOf(network);
    if (!settings && network.kind !== 'internal') return []; // what nobody here takes would go out to the host's network
    const client = this.#clientOf(network);
    const planned = framesOn(network);
    if (!client || planned.length === 0 || !isOnline(from.state)) return [];
    const request = {
      portId: portIdOf(from.id, index),
      sourceAddress: addressOf(adapter, this.#deps.table.leases(network.id)) ?? spareAddress(network) ?? NO_ADDRESS,
      gatewayMac: GATEWAY_MAC, // nobody has it where there is no gateway
      frames: planned.map(({ frame }) => frame),
      timeoutMs: PROBE_MS,
    };
    const found = await client.execute('probe-frames', request).catch(() => undefined); // it has just left the network
    const fates = (found as { fates: FrameFate[] } | undefined)?.fates ?? []; // our own process
    return fates.flatMap((fate, at) => ({ adapter: index, sent: planned[at]?.sent ?? '', fate }));
  }

  #clientOf(network: Network) {
    const { live } = this.#deps;
    return live.isRunning(network) ? live.of(network).keeper.client : undefined;
  }

  async #toMachine(from: Machine, to: Machine, port: number | undefined): Promise<ReachAnswer> {
    const verdict = reachMachine(this.#subject(from), this.#subject(to), port);
    const answer = answerOf(from, to.config.name, verdict);
    if (verdict.decidedBy === 'forward') return answer;
    const found = await this.#ask(from, to, verdict);
    if (found === undefined) return answer;
    if (found === verdict.isReachable) return { ...answer, isProven: true };
    if (found) return { ...answer, isReachable: true, isProven: false };
    const reason = `${verdict.reason} But '${to.config.name}' does not answer at its address: its guest may not be up yet, or has no network.`;
    return { ...answer, isReachable: false, decidedBy: 'guest', rule: 'guest.silent', reason, isProven: true };
  }

  /** Asks for the other's address from the one's port. @returns whether it answered; undefined: nobody could be asked */
  async #ask(from: Machine, to: Machine, { from: a, to: b }: Verdict): Promise<boolean | undefined> {
    if (to.state !== 'Running' || !a?.network || !b?.network) return undefined;
    const { table } = this.#deps;
    // A guest that has just come from another network still has the address of that one.
    const networks = [b.network, ...table.list()];
    const leases = networks.flatMap(({ id }) => table.leases(id));
    const address = addressOf(b.adapter, leases);
    if (address === null) return undefined;
    const answeredBy = await this.#whoHas(from, a, address);
    return answeredBy === undefined ? undefined : answeredBy === b.adapter.macAddress;
  }

  /** A guest may have given itself an address, or a computer beyond an uplink may have it. */
  async #ofNobody(from: Machine, answer: ReachAnswer, { from: end }: Verdict): Promise<ReachAnswer> {
    const answeredBy = end && (await this.#whoHas(from, end, answer.to));
    if (answeredBy === undefined) return answer;
    if (answeredBy === null) return { ...answer, isProven: true };
    const reason = `The adapter ${answeredBy} answers there, though Innkeeper gave nobody this address.`;
    return { ...answer, isReachable: true, decidedBy: 'guest', rule: 'guest.ownAddress', reason, isProven: true };
  }

  /** The MAC address that answers for an address on an adapter's network; null: none; undefined: nobody could be asked. */
  async #whoHas(from: Machine, { index, network }: ReachEnd, address: string): Promise<string | null | undefined> {
    const client = network && from.state === 'Running' ? this.#clientOf(network) : undefined;
    const request = { portId: portIdOf(from.id, index), address, timeoutMs: PROBE_MS };
    const answer = await client?.execute('probe-port', request).catch(() => undefined); // it has just left the network
    return (answer as ProbeAnswer | undefined)?.answeredBy;
  }

  /** The machine that has an address on a network of this one. */
  #ownerOf(from: Machine, address: string): Machine | undefined {
    const { table, machines } = this.#deps;
    const networks = table.list();
    const own = from.config.adapters.flatMap((adapter) => networkOf(adapter, networks) ?? []);
    return machines.list().find(({ config }) =>
      config.adapters.some((adapter) => {
        const network = networkOf(adapter, networks);
        const isShared = network !== undefined && own.some(({ id }) => id === network.id);
        return isShared && addressOf(adapter, table.leases(network.id)) === address;
      }),
    );
  }

  #subject({ id, config }: Machine): ReachMachine {
    const networks = this.#deps.table.list();
    return {
      name: config.name,
      ends: config.adapters.map((adapter, index) => ({ index, adapter, network: networkOf(adapter, networks) })),
      forwards: networks.flatMap(({ forwards }) => forwards.filter(({ machineId }) => machineId === id)),
    };
  }
}

function answerOf({ config }: Machine, to: string, verdict: Verdict): ReachAnswer {
  const { isReachable, decidedBy, rule, reason } = verdict;
  return { from: config.name, to, isReachable, decidedBy, rule, reason, isProven: null, trials: [] };
}

/** The highest address of a network, for a machine that was given none. */
function spareAddress({ subnet }: Network): string | undefined {
  const range = subnet === null ? undefined : parseSubnet(subnet);
  return range && formatIpv4(broadcastOf(range) - 1);
}

function around(network: Network): Surroundings {
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const hostAddress = own.find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  return { placeOf: (address) => placeIn(network, address), hostAddress };
}

/** What an address is, seen from a network. */
function placeIn(network: Network, address: string): Place {
  const own = gatewayAddresses(network);
  const subnet = network.subnet === null ? undefined : parseSubnet(network.subnet);
  return placeOf(address, {
    gatewayAddress: own?.gateway ?? '',
    hostAlias: own?.hostAlias ?? '',
    isOwn: (text) => {
      const number = parseIpv4(text);
      return subnet !== undefined && number !== undefined && isInSubnet(subnet, number);
    },
    hostAddresses: Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map((one) => one.address)),
  });
}
