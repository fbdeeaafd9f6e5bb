import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { InnError } from '../../shared/errors.ts';
import { isRest } from '../../shared/machine-state.ts';
import type { Machine, MachineId } from '../../shared/model/machine.ts';
import { NetworkId } from '../../shared/model/network.ts';
import type { UplinkFindings } from '../../shared/model/uplink.ts';
import type {
  Network,
  NetworkCapture,
  NetworkDetails,
  NetworkKind,
  NetworkSettings,
  PortForwardId,
  ReachAnswer,
} from '../../shared/model/virtual-network.ts';
import type { AddForwardInput, MachineAddress } from '../../shared/network-contract.ts';
import { type NetworkTable, networkNotFound } from '../db/network-table.ts';
import type { Commit } from '../db/unit-of-work.ts';
import type { Events } from '../events.ts';
import type { Log } from '../log.ts';
import { adaptersOn } from './attachment.ts';
import type { CaptureRecord } from './captures/capture-record.ts';
import { type CaptureRequest, NetworkCaptures } from './captures/network-captures.ts';
import { ForwardOwners } from './forward-owners.ts';
import { type AddedForward, Forwards } from './forwards.ts';
import type { LiveNetworks } from './live-networks.ts';
import { assertSettings, BUILT_IN_NETWORKS, usualSubnet } from './network-settings.ts';
import { addressesOf, gatewayAddresses, ipv6Of, leasesView, portsView, refusalsView } from './network-view.ts';
import { ReachReport } from './reach-report.ts';
import type { UplinkFinder } from './uplinks/uplink-finder.ts';

/** Changes of a network; what is absent or undefined stays. */
export type NetworkChange = { [K in keyof Omit<NetworkSettings, 'kind'>]?: NetworkSettings[K] | undefined };

/** `ref` is a network's name or id everywhere; each call throws `NETWORK_NOT_FOUND` when there is none. */
export interface NetworkService {
  list(): Network[];
  get(ref: string): Network;
  details(ref: string): Promise<NetworkDetails>;
  /** @throws InnError `NAME_IN_USE`, `INVALID_CONFIG` */
  create(input: NetworkChange & { name: string; kind: NetworkKind }): Network;
  /** @throws InnError `NAME_IN_USE`, `INVALID_CONFIG`; `NETWORK_IN_USE` for a new range, MTU or uplink while machines are on it */
  configure(ref: string, change: NetworkChange): Promise<Network>;
  /** @throws InnError `INVALID_STATE` for a built-in one, `NETWORK_IN_USE` while adapters are on it */
  remove(ref: string): { id: NetworkId };
  /** @throws InnError as `Forwards.add` */
  addForward(input: AddForwardInput): Promise<AddedForward>;
  removeForward(id: PortForwardId): Promise<Network>;
  startCapture(ref: string, request: CaptureRequest): Promise<NetworkCapture>;
  stopCapture(ref: string, id: string): Promise<NetworkCapture>;
  addresses(machine: string): Promise<MachineAddress[]>;
  reach(machine: string, to: string, port?: number): Promise<ReachAnswer>;
  matrix(): Promise<{ ends: string[]; answers: ReachAnswer[] }>;
  /** What of this computer can be the uplink of a network. */
  uplinks(): Promise<UplinkFindings>;
}

export interface NetworkServiceDeps {
  table: NetworkTable;
  commit: Commit;
  machines: { list(): Machine[]; get(ref: string): Machine; find(id: MachineId): Machine | undefined };
  live: LiveNetworks;
  events: Pick<Events, 'watch'>;
  uplinks: Pick<UplinkFinder, 'find'>;
  log: Pick<Log, 'warn'>;
  captures: CaptureRecord;
  /** Where captures go that are given no file. */
  captureFolder: string;
}

export function createNetworkService(deps: NetworkServiceDeps): NetworkService {
  return new Networks(deps);
}

/** Makes the networks that are always there. Call once, first. */
export function ensureBuiltInNetworks(table: NetworkTable, commit: Commit): void {
  commit((publish) => {
    for (const settings of BUILT_IN_NETWORKS) {
      if (table.list().some(({ isBuiltIn, kind }) => isBuiltIn && kind === settings.kind)) continue;
      const network: Network = { id: NetworkId.parse(randomUUID()), ...settings, isBuiltIn: true, forwards: [] };
      table.insert(network);
      publish({ kind: 'networkChanged', network });
    }
  });
}

class Networks implements NetworkService {
  readonly #deps: NetworkServiceDeps;
  readonly #forwards: Forwards;
  readonly #owners: ForwardOwners;
  readonly #reach: ReachReport;
  readonly #captures: NetworkCaptures;

  constructor(deps: NetworkServiceDeps) {
    this.#deps = deps;
    this.#forwards = new Forwards(deps);
    const { table, log } = deps;
    this.#owners = new ForwardOwners({ table, log, remove: (id) => this.#forwards.remove(id) });
    this.#reach = new ReachReport(deps);
    this.#captures = new NetworkCaptures(deps);
    void this.#follow();
  }

  /** Keeps the gateways up to date with machines and networks, until the core closes. */
  async #follow(): Promise<void> {
    const { events, live, machines } = this.#deps;
    this.#owners.watch();
    for await (const event of events.watch()) {
      const changed = event.kind === 'machineChanged' ? machines.find(event.machine.id) : undefined;
      if (changed) this.#forwards.follow(changed);
      if (event.kind === 'networkChanged') this.#owners.watch();
      if (event.kind.startsWith('machine') || event.kind.startsWith('network')) live.refresh();
    }
    this.#owners.close();
  }

  list(): Network[] {
    return this.#deps.table.list();
  }

  get(ref: string): Network {
    const { table } = this.#deps;
    const found = table.get(ref as NetworkId) ?? table.byName(ref); // an id that is none finds nothing
    if (found) return found;
    throw networkNotFound(ref);
  }

  create({ name, kind, ...change }: NetworkChange & { name: string; kind: NetworkKind }): Network {
    const { table, commit } = this.#deps;
    const { subnet = usualSubnet(kind, table.list()), mtu = 1500, description = '', uplink = null } = change;
    const id = NetworkId.parse(randomUUID());
    const network: Network = { id, name, kind, subnet, mtu, description, uplink, isBuiltIn: false, forwards: [] };
    assertSettings(network, table.list());
    return commit((publish) => {
      table.insert(network);
      publish({ kind: 'networkChanged', network });
      return network;
    });
  }

  async configure(ref: string, change: NetworkChange): Promise<Network> {
    const { table, commit, live, machines } = this.#deps;
    const before = this.get(ref);
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
    const network: Network = { ...before, ...given };
    assertSettings(network, table.list());
    const isOther = (['subnet', 'mtu', 'uplink'] as const).some(
      (field) => !isDeepStrictEqual(network[field], before[field]),
    );
    if (isOther) {
      const on = machines.list().filter(({ state }) => !isRest(state));
      const users = on.filter(({ config }) => adaptersOn(network, config, table.list()).length > 0);
      if (users.length > 0) throw inUse(network, users, 'given other addresses, another MTU or another uplink');
    }
    commit((publish) => {
      table.update(network);
      publish({ kind: 'networkChanged', network });
    });
    await live.respecify(network);
    return network;
  }

  remove(ref: string): { id: NetworkId } {
    const { table, commit, machines } = this.#deps;
    const network = this.get(ref);
    const { id, name } = network;
    if (network.isBuiltIn) {
      throw new InnError('INVALID_STATE', `The network '${name}' cannot be removed: it is always there.`, {
        hint: 'Make a network of your own if you want to be able to remove it.',
      });
    }
    const users = machines.list().filter(({ config }) => adaptersOn(network, config, table.list()).length > 0);
    if (users.length > 0) throw inUse(network, users, 'removed');
    commit((publish) => {
      table.delete(id);
      publish({ kind: 'networkRemoved', id });
    });
    void this.#deps.live.forget(id);
    return { id };
  }

  async details(ref: string): Promise<NetworkDetails> {
    const { table, machines, live } = this.#deps;
    const network = this.get(ref);
    const kept = live.isRunning(network) ? live.of(network) : undefined;
    const [ports, captures, report, uplink] = await Promise.all([
      kept?.keeper.ports() ?? [],
      kept?.keeper.client?.captures() ?? [],
      kept?.report(),
      kept?.uplink(),
    ]);
    const [all, leases] = [machines.list(), table.leases(network.id)];
    return {
      network,
      isRunning: kept !== undefined,
      gatewayAddress: gatewayAddresses(network)?.gateway ?? null,
      ipv6: ipv6Of(network),
      uplink: uplink ?? null,
      ports: portsView(ports, all, leases, report?.ipv6Addresses ?? []),
      leases: leasesView(leases, all, network, table.list()),
      forwards: await this.#forwards.states(network),
      captures: this.#deps.captures.list(network.id, captures),
      refusals: refusalsView(report?.refusalCounts ?? {}),
    };
  }

  addForward(input: AddForwardInput): Promise<AddedForward> {
    return this.#forwards.add(input);
  }

  removeForward(id: PortForwardId): Promise<Network> {
    return this.#forwards.remove(id);
  }

  async startCapture(ref: string, request: CaptureRequest): Promise<NetworkCapture> {
    return this.#captures.start(this.get(ref), request);
  }

  async stopCapture(ref: string, id: string): Promise<NetworkCapture> {
    return this.#captures.stop(this.get(ref), id);
  }

  async addresses(ref: string): Promise<MachineAddress[]> {
    const { table, machines, live } = this.#deps;
    const [machine, networks] = [machines.get(ref), table.list()];
    const own = networks.filter(
      (each) => live.isRunning(each) && adaptersOn(each, machine.config, networks).length > 0,
    );
    const reports = await Promise.all(own.map((network) => live.of(network).report()));
    const heardOn = (network: Network) => reports[own.indexOf(network)]?.ipv6Addresses ?? [];
    return addressesOf(machine, networks, ({ id }) => table.leases(id), heardOn);
  }

  reach(ref: string, to: string, port?: number): Promise<ReachAnswer> {
    return this.#reach.answer(this.#deps.machines.get(ref), to, port);
  }

  matrix(): Promise<{ ends: string[]; answers: ReachAnswer[] }> {
    return this.#reach.matrix();
  }

  uplinks(): Promise<UplinkFindings> {
    return this.#deps.uplinks.find();
  }
}

function inUse({ name, id }: Network, users: readonly Machine[], what: string): InnError {
  const names = users.map(({ config }) => `'${config.name}'`).join(', ');
  return new InnError('NETWORK_IN_USE', `The network '${name}' cannot be ${what}: ${names} use it.`, {
    hint: 'Put their adapters on another network first.',
    details: { network: id, machines: users.map((machine) => machine.id) },
  });
}
