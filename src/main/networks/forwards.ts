import { randomUUID } from 'node:crypto';
import { networkOf } from '../../shared/adapter-network.ts';
import { InnError } from '../../shared/errors.ts';
import type { Machine } from '../../shared/model/machine.ts';
import {
  type ForwardState,
  type Network,
  type PortForward,
  PortForwardId,
} from '../../shared/model/virtual-network.ts';
import type { AddForwardInput } from '../../shared/network-contract.ts';
import type { NetworkTable } from '../db/network-table.ts';
import type { Commit } from '../db/unit-of-work.ts';
import { ownerOf } from './forward-owners.ts';
import { placeWords, whyNoForward } from './forward-words.ts';
import { createHostNetwork } from './gateway/host-network.ts';
import { explainListenFailure } from './gateway/port-forward.ts';
import { isAsleep, strayForwards } from './gateway-plan.ts';
import type { LiveNetworks } from './live-networks.ts';

export interface ForwardsDeps {
  table: NetworkTable;
  commit: Commit;
  live: LiveNetworks;
  machines: { list(): Machine[]; get(ref: string): Machine };
}

export interface AddedForward {
  network: Network;
  forward: PortForward;
  state: ForwardState;
}

/** Ports of the host that lead to machines. */
export class Forwards {
  readonly #deps: ForwardsDeps;

  constructor(deps: ForwardsDeps) {
    this.#deps = deps;
  }

  /**
   * Keeps the forward, and opens it when its machine is on; one that cannot be opened is not kept.
   * @throws InnError `INVALID_CONFIG` where none is possible, `PORT_IN_USE` naming who holds the port
   */
  async add({ machine: ref, ownerPid, ...input }: AddForwardInput): Promise<AddedForward> {
    const { table, commit } = this.#deps;
    const machine = this.#deps.machines.get(ref);
    const network = networkForForwards(machine, input.adapter, table.list());
    const owner = ownerPid === undefined ? {} : { owner: await ownerOf(ownerPid) };
    const forward: PortForward = { id: PortForwardId.parse(randomUUID()), machineId: machine.id, ...input, ...owner };
    await this.#assertFree(forward);
    const isOpened = machine.pid !== null || isAsleep(machine);
    if (!isOpened) await assertPortFree(forward);
    const write = (): void =>
      commit((publish) => {
        table.putForward(network.id, forward);
        publish({ kind: 'networkChanged', network: this.#network(network) });
      });
    write();
    if (!isOpened) return this.#added(network, forward);
    try {
      await this.#deps.live.of(network).sync();
      const added = await this.#added(network, forward);
      if (added.state.failure !== null) await assertPortFree(forward);
      return added;
    } catch (error) {
      this.#forget(network, forward.id);
      throw error;
    }
  }

  /** Closes the port; connections that run go on. @throws InnError `NETWORK_NOT_FOUND` when there is none */
  async remove(id: PortForwardId): Promise<Network> {
    const network = this.#deps.table.list().find(({ forwards }) => forwards.some((each) => each.id === id));
    if (!network) {
      throw new InnError('NETWORK_NOT_FOUND', `There is no port forward '${id}'.`, {
        hint: 'It may have been removed; `inn forward list` shows those that are there.',
        details: { forward: id },
      });
    }
    this.#forget(network, id);
    if (this.#deps.live.isRunning(network)) await this.#deps.live.of(network).sync();
    return this.#network(network);
  }

  /** Each forward of a network as it is at the moment. */
  async states(network: Network): Promise<ForwardState[]> {
    const kept = this.#deps.live.isRunning(network) ? this.#deps.live.of(network) : undefined;
    const open = (await kept?.report())?.forwards ?? [];
    return Promise.all(
      network.forwards.map(async (forward) => {
        const { id } = forward;
        const state = open.find((each) => each.id === id);
        const failure = state ? null : await this.#whyClosed(forward, kept?.failures.get(id));
        return { id, openPort: state?.hostPort ?? null, connections: state?.connections ?? 0, failure };
      }),
    );
  }

  /** Forwards go with their adapters to another network. */
  follow(machine: Machine): void {
    const { table, commit } = this.#deps;
    const stray = strayForwards(machine, table.list());
    if (stray.length === 0) return;
    commit((publish) => {
      for (const { forward, to } of stray) table.putForward(to.id, forward);
      for (const network of table.list()) publish({ kind: 'networkChanged', network });
    });
  }

  #network({ id }: Network): Network {
    const found = this.#deps.table.get(id);
    if (found) return found;
    throw new InnError('NETWORK_NOT_FOUND', 'The network was removed meanwhile.');
  }

  async #added(network: Network, forward: PortForward): Promise<AddedForward> {
    const states = await this.states(this.#network(network));
    const state = states.find(({ id }) => id === forward.id);
    const closed = { id: forward.id, openPort: null, connections: 0, failure: null };
    return { network: this.#network(network), forward, state: state ?? closed };
  }

  #forget(network: Network, id: PortForwardId): void {
    const { table, commit } = this.#deps;
    commit((publish) => {
      table.deleteForward(id);
      publish({ kind: 'networkChanged', network: this.#network(network) });
    });
  }

  /** @param failure what the gateway says; undefined: it has not tried to open it */
  async #whyClosed(forward: PortForward, failure: string | undefined): Promise<string | null> {
    const { table, machines } = this.#deps;
    const machine = machines.list().find(({ id }) => id === forward.machineId);
    const why = machine && whyNoForward(machine, forward.adapter, table.list());
    if (why || failure === undefined) return why ?? null;
    const rival = await this.#rivalOf(forward);
    return rival ? this.#rivalWords(rival) : failure;
  }

  /** Two forwards of one port cannot both be open. @throws InnError `PORT_IN_USE` */
  async #assertFree(wanted: PortForward): Promise<void> {
    const rival = await this.#rivalOf(wanted);
    if (!rival) return;
    throw new InnError('PORT_IN_USE', this.#rivalWords(rival), {
      hint: 'Choose another port of the host, or remove that forward.',
      details: { forward: rival.id, machine: rival.machineId },
    });
  }

  /** The forward that has a port or wants it, by its settings, or as any free one that was found for it. */
  async #rivalOf(wanted: PortForward): Promise<PortForward | undefined> {
    const { table, live } = this.#deps;
    const networks = table.list();
    const reports = await Promise.all(
      networks.filter((each) => live.isRunning(each)).map((each) => live.of(each).report()),
    );
    const open = new Map(reports.flatMap(({ forwards }) => forwards).map(({ id, hostPort }) => [id, hostPort]));
    const all = networks.flatMap(({ forwards }) => forwards).filter(({ id }) => id !== wanted.id);
    const now = all.map((each) => ({ ...each, hostPort: open.get(each.id) ?? each.hostPort }));
    return (
      now.find((each) => open.has(each.id) && isSamePort(each, wanted)) ?? now.find((each) => isSamePort(each, wanted))
    );
  }

  #rivalWords(rival: PortForward): string {
    const { table, machines } = this.#deps;
    const name = machines.list().find(({ id }) => id === rival.machineId)?.config.name ?? rival.machineId;
    const network = table.list().find(({ forwards }) => forwards.some(({ id }) => id === rival.id))?.name ?? '';
    return `${placeWords(rival)} leads to port ${rival.guestPort} of '${name}' on the network '${network}' already.`;
  }
}

function isSamePort(a: PortForward, b: PortForward): boolean {
  const isSameAddress = a.hostAddress === b.hostAddress || a.hostAddress === '0.0.0.0' || b.hostAddress === '0.0.0.0';
  return a.hostPort !== 0 && a.hostPort === b.hostPort && a.protocol === b.protocol && isSameAddress;
}

/** @throws InnError `INVALID_CONFIG` where the host cannot reach the adapter */
function networkForForwards(machine: Machine, index: number, networks: readonly Network[]): Network {
  const adapter = machine.config.adapters[index];
  const network = adapter && networkOf(adapter, networks);
  const why = whyNoForward(machine, index, networks);
  if (network && why === null) return network;
  throw new InnError('INVALID_CONFIG', `No port can lead there. ${why ?? ''}`.trimEnd());
}

/** Tries a port that is to be opened later. @throws InnError as `explainListenFailure` */
async function assertPortFree(forward: PortForward): Promise<void> {
  const { protocol, hostAddress, hostPort } = forward;
  const host = createHostNetwork();
  try {
    const listener =
      protocol === 'tcp'
        ? await host.listenTcp(hostAddress, hostPort, (socket) => socket.destroy())
        : await host.listenUdp(hostAddress, hostPort, () => undefined);
    listener.close();
  } catch (error) {
    // The target does not matter for why the host refuses.
    throw await explainListenFailure({ ...forward, target: { macAddress: '' } }, error as NodeJS.ErrnoException);
  }
}
