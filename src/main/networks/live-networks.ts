import { isDeepStrictEqual } from 'node:util';
import { toErrorReport } from '../../shared/errors.ts';
import { isRest } from '../../shared/machine-state.ts';
import type { MachineConfig, MachineId } from '../../shared/model/machine.ts';
import type { NetworkId } from '../../shared/model/network.ts';
import type { Uplink } from '../../shared/model/uplink.ts';
import type { Network } from '../../shared/model/virtual-network.ts';
import type { NetworkTable } from '../db/network-table.ts';
import type { Log } from '../log.ts';
import { endLeftover } from '../processes/leftover.ts';
import { settlesWithin } from '../processes/process-identity.ts';
import { CAPTURE_END, type CaptureRecord } from './captures/capture-record.ts';
import { gatewayPlan, type NetworkedMachine } from './gateway-plan.ts';
import { KeptNetwork } from './kept-network.ts';
import { type PlannedPort, parsePortId, portsOf } from './machine-ports.ts';
import { Sleepers } from './sleepers.ts';
import { type Traffic, TrafficCounts } from './traffic.ts';
import { hostEndOf } from './uplinks/host-end.ts';

export interface LiveNetworksDeps {
  table: NetworkTable;
  captures: CaptureRecord;
  machines: () => readonly NetworkedMachine[];
  runtimeFolderOf: (machine: MachineId) => string;
  networkFolderOf: (network: NetworkId) => string;
  logFileOf: (network: NetworkId) => string;
  log: Pick<Log, 'warn' | 'info'>;
  /** @throws InnError `NOT_SUPPORTED`, with cause and cure, when this computer has no such uplink for us */
  assertPossible: (uplink: Uplink, network: string) => Promise<void>;
  /** Wakes a machine that sleeps. */
  wake: (machine: MachineId) => Promise<unknown>;
  /** False: adapters are connected to nothing, and no process is started. */
  isOn: boolean;
}

/** How long changes are gathered before the gateways are told, in milliseconds. */
const SETTLE_MS = 20;
/** A network that does not answer within this time is left out of a round of counters, in milliseconds. */
const PATIENCE_MS = 400;
/** So long a machine that goes to sleep waits for its networks to know, in milliseconds. */
const LULL_MS = 2_000;

/** The networks as they run: which machine's adapter is on which, and each gateway as the settings want it. */
export class LiveNetworks {
  readonly #deps: LiveNetworksDeps;
  readonly #kept = new Map<NetworkId, KeptNetwork>();
  readonly #plugged = new Map<string, PlannedPort>();
  readonly #traffic = new TrafficCounts();
  readonly #sleepers: Sleepers;
  #timer: NodeJS.Timeout | undefined;
  /** Telling all gateways, one round after the other. */
  #syncing: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(deps: LiveNetworksDeps) {
    this.#deps = deps;
    this.#sleepers = new Sleepers({ machines: deps.machines, wake: (id) => this.#wake(id) });
  }

  /** Knows the ports of machines that an earlier core left on, so that taking one back does not cut the others off. */
  expect(): void {
    if (!this.#deps.isOn) return;
    const networks = this.#deps.table.list();
    for (const machine of this.#deps.machines()) {
      if (isRest(machine.state)) continue;
      try {
        for (const port of this.#portsOf(machine.id, machine.config, networks)) {
          this.#keptOf(port.network).keeper.expect(port.request);
          this.#plugged.set(port.request.id, port);
        }
      } catch (error) {
        this.#trouble(`The networks of '${machine.config.name}' cannot be taken back.`, error);
      }
    }
  }

  /** After all machines were taken back: forgets those that are off, and runs what others wait for. */
  async settle(): Promise<void> {
    const off = this.#deps.machines().filter(({ state }) => isRest(state));
    await Promise.all(off.map(({ id }) => this.unplug(id)));
    await this.#settleCaptures();
    this.refresh();
  }

  /**
   * Puts the adapters of a machine on their networks, as the configuration says, and takes them off any others.
   * @throws InnError as `portsOf`, `NetworkKeeper.plug` and `KeptNetwork.assertUplink`, and `NOT_SUPPORTED` for an uplink
   * that is not possible; what was put on before stays
   */
  async plug(id: MachineId, config: MachineConfig): Promise<void> {
    if (!this.#deps.isOn) return;
    const wanted = this.#portsOf(id, config, this.#deps.table.list());
    const before = this.#portsOfMachine(id);
    for (const port of before) if (!wanted.some((each) => isSamePlace(each, port))) await this.#take(port);
    const networks = new Set<KeptNetwork>();
    await Promise.all(
      wanted.map(async (port) => {
        const kept = this.#keptOf(port.network);
        networks.add(kept);
        const old = before.find((each) => isSamePlace(each, port));
        if (!old) await this.#assertPossible(port.network);
        if (old && kept.keeper.client) await this.#change(kept, old, port);
        else await kept.keeper.plug(port.request);
        this.#plugged.set(port.request.id, port);
        if (!old) await kept.assertUplink(); // whoever is on it already keeps what is left of it
      }),
    );
    await Promise.all([...networks].map((kept) => kept.sync()));
  }

  /** Runs work that puts a machine to sleep, when its gateways know that they are to hold who connects to it. */
  async lull<T>(id: MachineId, work: () => Promise<T>): Promise<T> {
    const put = async (): Promise<T> => {
      const networks = new Set(this.#portsOfMachine(id).map(({ network }) => this.#keptOf(network)));
      const told = Promise.all([...networks].map((kept) => kept.sync())).catch((error: unknown) =>
        this.#trouble('Who connects to a machine that goes to sleep may not be held.', error),
      );
      await settlesWithin(told, LULL_MS);
      return work();
    };
    return this.#sleepers.during(id, put).finally(() => this.refresh());
  }

  /** Takes all adapters of a machine off. What goes wrong is logged. */
  async unplug(id: MachineId): Promise<void> {
    for (const port of this.#portsOfMachine(id)) {
      await this.#take(port).catch((error: unknown) => this.#trouble('An adapter could not be taken off.', error));
    }
    this.refresh();
  }

  /** Forgets what a machine has sent and received: a new session begins. */
  beginSession(id: MachineId): void {
    this.#traffic.forget(id);
  }

  /** What machines have sent and received in their present sessions, as far as their networks answer. */
  async traffic(): Promise<(machine: MachineId) => Traffic | undefined> {
    await Promise.all([...this.#kept.values()].map((kept) => this.#count(kept)));
    return (machine) => this.#traffic.of(machine);
  }

  /** The running side of a network. */
  of(network: Network): KeptNetwork {
    return this.#keptOf(network);
  }

  isRunning({ id }: Network): boolean {
    return this.#kept.get(id)?.keeper.client !== undefined;
  }

  /** Tells the gateways soon what has changed. */
  refresh(): void {
    if (!this.#deps.isOn || this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const turn = this.#syncing.then(() => this.#syncAll());
      this.#syncing = turn.catch((error: unknown) => this.#trouble('The networks are not as they should be.', error));
    }, SETTLE_MS);
  }

  /** Runs a network on new settings. */
  async respecify(network: Network): Promise<void> {
    await this.#kept.get(network.id)?.respecify(network);
  }

  /** The network is no more. */
  async forget(id: NetworkId): Promise<void> {
    const kept = this.#kept.get(id);
    this.#kept.delete(id);
    await kept?.keeper.hold(false);
  }

  /** Lets go of all networks: those that somebody needs go on running. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#syncing;
    const letGo = async (kept: KeptNetwork): Promise<void> => {
      const isEmpty = kept.keeper.wanted.length === 0;
      if (isEmpty) await kept.sync().catch((error: unknown) => this.#trouble('A network could not be ended.', error));
      await kept.keeper.release();
    };
    await Promise.all([...this.#kept.values()].map(letGo));
    await this.#deps.captures.close();
  }

  /** Of networks that nobody is on any more: their processes have ended, or are about to. */
  async #settleCaptures(): Promise<void> {
    const { table, captures, isOn, networkFolderOf } = this.#deps;
    if (!isOn) return;
    const isNeeded = (id: NetworkId): boolean =>
      (this.#kept.get(id)?.keeper.wanted.length ?? 0) > 0 || this.#planOf(id).asleep.length > 0;
    for (const { id } of table.list().filter((each) => captures.hasOpen(each.id) && !isNeeded(each.id))) {
      try {
        await endLeftover(networkFolderOf(id));
        await captures.settle(id, async () => [], CAPTURE_END.away);
      } catch (error) {
        this.#trouble('An earlier process of a network does not end.', error);
      }
    }
  }

  async #syncAll(): Promise<void> {
    if (this.#isClosed) return;
    this.#sleepers.wakeCalled();
    for (const network of this.#deps.table.list()) {
      if (this.#isClosed) return; // what is behind may be closed any moment
      const kept = this.#kept.get(network.id);
      const isWaitedFor = kept !== undefined || this.#planOf(network.id).asleep.length > 0;
      if (!isWaitedFor) continue;
      await this.#keptOf(network)
        .sync()
        .catch((error: unknown) => this.#trouble(`The network '${network.name}' is not as it should be.`, error));
    }
  }

  /** A network that runs has asked already; whether its uplink works, it knows itself. */
  async #assertPossible(network: Network): Promise<void> {
    if (network.uplink === null || this.isRunning(network)) return;
    await this.#deps.assertPossible(network.uplink, network.name);
  }

  async #change(kept: KeptNetwork, old: PlannedPort, { request }: PlannedPort): Promise<void> {
    if (isDeepStrictEqual(old.request, request) && kept.keeper.wanted.includes(request.id)) return;
    const { macAddress: _, ...change } = request.settings;
    await kept.keeper.change(request.id, change);
  }

  async #take(port: PlannedPort): Promise<void> {
    const { id } = port.request;
    this.#plugged.delete(id);
    const kept = this.#kept.get(port.network.id);
    // It ends only when it is certain that nobody waits for it: see `KeptNetwork.sync`.
    const last = await kept?.keeper.unplug(id);
    if (last) this.#traffic.note(id, last.counters);
  }

  async #count(kept: KeptNetwork): Promise<void> {
    const { promise: tooLate, resolve } = Promise.withResolvers<[]>();
    const timer = setTimeout(() => resolve([]), PATIENCE_MS);
    const asked = kept.keeper.client?.ports().catch(() => []) ?? [];
    const ports = await Promise.race([asked, tooLate]).finally(() => clearTimeout(timer));
    for (const { id, counters } of ports) if (this.#plugged.has(id)) this.#traffic.note(id, counters);
  }

  #portsOfMachine(id: MachineId): PlannedPort[] {
    return [...this.#plugged.values()].filter(({ request }) => parsePortId(request.id).machineId === id);
  }

  #portsOf(id: MachineId, config: MachineConfig, networks: readonly Network[]): PlannedPort[] {
    return portsOf({ id, config, runtimeFolder: this.#deps.runtimeFolderOf(id) }, networks);
  }

  #planOf(id: NetworkId) {
    const networks = this.#deps.table.list();
    const network = networks.find((each) => each.id === id);
    if (!network) return { names: [], fixed: [], forwards: [], asleep: [] };
    return gatewayPlan(network, this.#sleepers.machines(), networks, hostEndOf(network));
  }

  #keptOf(network: Network): KeptNetwork {
    const known = this.#kept.get(network.id);
    if (known) return known;
    const { table, captures, networkFolderOf, logFileOf } = this.#deps;
    const { id } = network;
    const kept = new KeptNetwork({
      ...{ network, table, captures, runtimeFolder: networkFolderOf(id), logFile: logFileOf(id) },
      plan: () => this.#planOf(id),
      onWaiting: (forwardId) => this.#call(id, forwardId),
      onUplink: () => this.refresh(),
      onTrouble: (message, error) => this.#trouble(message, error),
    });
    this.#kept.set(id, kept);
    return kept;
  }

  /** Somebody waits at a forward. */
  #call(network: NetworkId, forwardId: string): void {
    const forward = this.#deps.table.get(network)?.forwards.find(({ id }) => id === forwardId);
    if (forward && !this.#isClosed) this.#sleepers.call(forward.machineId);
  }

  async #wake(id: MachineId): Promise<void> {
    this.#deps.log.info({ machine: id }, 'A connection wakes the machine');
    await this.#deps.wake(id).catch((error: unknown) => this.#trouble('The machine could not be woken.', error));
  }

  #trouble(message: string, error: unknown): void {
    this.#deps.log.warn({ error: toErrorReport(error) }, message);
  }
}

function isSamePlace(a: PlannedPort, b: PlannedPort): boolean {
  return (
    a.request.id === b.request.id &&
    a.network.id === b.network.id &&
    a.request.path === b.request.path &&
    a.request.settings.macAddress === b.request.settings.macAddress
  );
}
