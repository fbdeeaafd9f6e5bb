import { randomUUID } from 'node:crypto';
import { InnError } from '../../shared/errors.ts';
import type { Machine } from '../../shared/model/machine.ts';
import { NetworkId } from '../../shared/model/network.ts';
import type {
  ForwardState,
  Network,
  NetworkCapture,
  NetworkDetails,
  NetworkKind,
  NetworkSettings,
  PortForward,
  PortForwardId,
  ReachAnswer,
} from '../../shared/model/virtual-network.ts';
import type { AddForwardInput, MachineAddress } from '../../shared/network-contract.ts';
import { type NetworkTable, networkNotFound } from '../db/network-table.ts';
import type { Commit } from '../db/unit-of-work.ts';
import { adaptersOn } from './attachment.ts';
import { assertSettings, BUILT_IN_NETWORKS, usualSubnet } from './network-settings.ts';

/** Changes of a network; what is absent or undefined stays. */
export type NetworkChange = { [K in keyof Omit<NetworkSettings, 'kind'>]?: NetworkSettings[K] | undefined };

export interface CaptureRequest {
  machine?: string | undefined;
  adapter?: number | undefined;
  path?: string | undefined;
  limitBytes: number;
}

/** `ref` is a network's name or id everywhere; each call throws `NETWORK_NOT_FOUND` when there is none. */
export interface NetworkService {
  list(): Network[];
  get(ref: string): Network;
  details(ref: string): Promise<NetworkDetails>;
  /** @throws InnError `NAME_IN_USE`, `INVALID_CONFIG` */
  create(input: NetworkChange & { name: string; kind: NetworkKind }): Network;
  /** @throws InnError `NAME_IN_USE`, `INVALID_CONFIG`; `NETWORK_IN_USE` for a new range or MTU while machines are on it */
  configure(ref: string, change: NetworkChange): Promise<Network>;
  /** @throws InnError `INVALID_STATE` for a built-in one, `NETWORK_IN_USE` while adapters are on it */
  remove(ref: string): { id: NetworkId };
  addForward(input: AddForwardInput): Promise<{ network: Network; forward: PortForward; state: ForwardState }>;
  removeForward(id: PortForwardId): Promise<Network>;
  startCapture(ref: string, request: CaptureRequest): Promise<NetworkCapture>;
  stopCapture(ref: string, id: string): Promise<NetworkCapture>;
  addresses(machine: string): Promise<MachineAddress[]>;
  reach(machine: string, to: string, port?: number): Promise<ReachAnswer>;
  matrix(): Promise<{ ends: string[]; answers: ReachAnswer[] }>;
}

export interface NetworkServiceDeps {
  table: NetworkTable;
  commit: Commit;
  machines: { list(): Machine[]; get(ref: string): Machine };
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

  constructor(deps: NetworkServiceDeps) {
    this.#deps = deps;
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
    const { subnet = usualSubnet(kind, table.list()), mtu = 1500, description = '' } = change;
    const id = NetworkId.parse(randomUUID());
    const network: Network = { id, name, kind, subnet, mtu, description, isBuiltIn: false, forwards: [] };
    assertSettings(network);
    return commit((publish) => {
      table.insert(network);
      publish({ kind: 'networkChanged', network });
      return network;
    });
  }

  async configure(ref: string, change: NetworkChange): Promise<Network> {
    const { table, commit } = this.#deps;
    const before = this.get(ref);
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
    const network: Network = { ...before, ...given };
    assertSettings(network);
    return commit((publish) => {
      table.update(network);
      publish({ kind: 'networkChanged', network });
      return network;
    });
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
    return commit((publish) => {
      table.delete(id);
      publish({ kind: 'networkRemoved', id });
      return { id };
    });
  }

  async details(ref: string): Promise<NetworkDetails> {
    const network = this.get(ref);
    return {
      ...{ network, isRunning: false, gatewayAddress: null, ports: [], leases: [], captures: [], refusals: [] },
      forwards: network.forwards.map(({ id }) => ({ id, openPort: null, connections: 0, failure: null })),
    };
  }

  async addForward(): Promise<never> {
    throw notYet();
  }
  async removeForward(): Promise<never> {
    throw notYet();
  }
  async startCapture(): Promise<never> {
    throw notYet();
  }
  async stopCapture(): Promise<never> {
    throw notYet();
  }
  async addresses(): Promise<never> {
    throw notYet();
  }
  async reach(): Promise<never> {
    throw notYet();
  }
  async matrix(): Promise<never> {
    throw notYet();
  }
}

const notYet = (): InnError => new InnError('NOT_SUPPORTED', 'This comes soon.');

function inUse({ name, id }: Network, users: readonly Machine[], what: string): InnError {
  const names = users.map(({ config }) => `'${config.name}'`).join(', ');
  return new InnError('NETWORK_IN_USE', `The network '${name}' cannot be ${what}: ${names} use it.`, {
    hint: 'Put their adapters on another network first.',
    details: { network: id, machines: users.map((machine) => machine.id) },
  });
}
