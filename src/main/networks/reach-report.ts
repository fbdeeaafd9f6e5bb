import { isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { networkOf } from '../../shared/adapter-network.ts';
import type { Machine } from '../../shared/model/machine.ts';
import { type Network, type ReachAnswer, ReachPlace } from '../../shared/model/virtual-network.ts';
import type { NetworkTable } from '../db/network-table.ts';
import { isInSubnet, parseIpv4, parseSubnet } from './gateway/packets/addresses.ts';
import { type Place, placeOf } from './gateway/policy.ts';
import type { LiveNetworks } from './live-networks.ts';
import { portIdOf } from './machine-ports.ts';
import type { ProbeAnswer } from './network-process/probe.ts';
import { addressOf, gatewayAddresses } from './network-view.ts';
import { type ReachMachine, reachMachine, reachPlace, type Verdict } from './reach.ts';

export interface ReachDeps {
  table: NetworkTable;
  live: LiveNetworks;
  machines: { list(): Machine[]; get(ref: string): Machine };
}

/** How long an answer may take on a switch of this computer, in milliseconds. */
const PROBE_MS = 1000;
const PLACES: Record<ReachPlace, Place> = { host: 'host', hostServices: 'host', lan: 'lan', internet: 'internet' };
const SHOWN_PLACES: readonly ReachPlace[] = ['hostServices', 'lan', 'internet'];

/** Who reaches whom, by the rules, and where machines run by asking over the switch. */
export class ReachReport {
  readonly #deps: ReachDeps;

  constructor(deps: ReachDeps) {
    this.#deps = deps;
  }

  /** @param to a place, an IPv4 address, or a machine. @throws InnError `MACHINE_NOT_FOUND` */
  async answer(from: Machine, to: string, port?: number): Promise<ReachAnswer> {
    const place = ReachPlace.safeParse(to);
    if (place.success) return this.#toPlace(from, place.data);
    if (!isIPv4(to)) return this.#toMachine(from, this.#deps.machines.get(to), port);
    const owner = this.#ownerOf(from, to);
    if (owner) return this.#toMachine(from, owner, port);
    return answerOf(
      from,
      to,
      reachPlace(this.#subject(from), (network) => placeIn(network, to)),
    );
  }

  /** All machines beside each other, and the places outside. */
  async matrix(): Promise<{ ends: string[]; answers: ReachAnswer[] }> {
    const machines = this.#deps.machines.list().filter(({ config }) => !config.isTemplate);
    const answers = machines.flatMap((from) => [
      ...machines.filter((to) => to !== from).map((to) => this.#toMachine(from, to, undefined)),
      ...SHOWN_PLACES.map((place) => this.#toPlace(from, place)),
    ]);
    return {
      ends: [...machines.map(({ config }) => config.name), ...SHOWN_PLACES],
      answers: await Promise.all(answers),
    };
  }

  #toPlace(from: Machine, place: ReachPlace): ReachAnswer {
    return answerOf(
      from,
      place,
      reachPlace(this.#subject(from), () => PLACES[place]),
    );
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
    if (from.state !== 'Running' || to.state !== 'Running' || !a?.network || !b?.network) return undefined;
    const { live, table } = this.#deps;
    // A guest that has just come from another network still has the address of that one.
    const networks = [b.network, ...table.list()];
    const leases = networks.flatMap(({ id }) => table.leases(id));
    const address = addressOf(b.adapter, leases);
    const client = live.isRunning(a.network) ? live.of(a.network).keeper.client : undefined;
    if (!client || address === null) return undefined;
    const request = { portId: portIdOf(from.id, a.index), address, timeoutMs: PROBE_MS };
    const answer = await client.execute('probe-port', request).catch(() => undefined); // it has just left the network
    return answer === undefined ? undefined : (answer as ProbeAnswer).answeredBy === b.adapter.macAddress;
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
