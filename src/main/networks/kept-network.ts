import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { InnError, toErrorReport } from '../../shared/errors.ts';
import { interfaceOf, type UplinkState } from '../../shared/model/uplink.ts';
import type { Network, PortForward } from '../../shared/model/virtual-network.ts';
import type { NetworkTable, StoredLease } from '../db/network-table.ts';
import type { QmpEvent } from '../engines/qmp/protocol.ts';
import { isAlive, type ProcessIdentity } from '../processes/process-identity.ts';
import { CAPTURE_END, type CaptureRecord } from './captures/capture-record.ts';
import type { OpenForward } from './gateway/port-forward.ts';
import type { GatewayPlan } from './gateway-plan.ts';
import type { NetworkClient } from './network-client.ts';
import { NetworkKeeper } from './network-keeper.ts';
import { gatewaySettingsOf, specOf } from './network-spec.ts';

/** What a gateway tells of itself. */
export interface GatewayReport {
  leases: StoredLease[];
  forwards: OpenForward[];
  refusalCounts: Record<string, number>;
  ipv6Addresses: HeardAddresses[];
}

/** What an adapter was heard to use of late. */
export interface HeardAddresses {
  macAddress: string;
  addresses: string[];
}

export interface KeptNetworkDeps {
  network: Network;
  runtimeFolder: string;
  logFile: string;
  table: NetworkTable;
  captures: CaptureRecord;
  plan: () => GatewayPlan;
  /** Somebody connects to a forward whose machine sleeps. */
  onWaiting: (forwardId: string) => void;
  /** The uplink came up or went down. */
  onUplink: () => void;
  onTrouble: (message: string, error: unknown) => void;
}

const GOING_MS = 2_000;
const GOING_POLL_MS = 20;

const NO_REPORT: GatewayReport = { leases: [], forwards: [], refusalCounts: {}, ipv6Addresses: [] };

/** One network with its process, and with its gateway as the plan wants it. */
export class KeptNetwork {
  readonly keeper: NetworkKeeper;
  /** Why forwards are not open, by id. */
  readonly failures = new Map<string, string>();
  /** Ports that were chosen where any free one was asked for, by the forward's id: people have noted them. */
  readonly #chosen = new Map<string, number>();
  #network: Network;
  readonly #deps: KeptNetworkDeps;
  #queue: Promise<unknown> = Promise.resolve();
  /** Its process has run since the core began. */
  #hasRun = false;
  /** What the gateway of this client was told last. */
  #told: { client: NetworkClient; plan: GatewayPlan } | undefined;

  constructor(deps: KeptNetworkDeps) {
    this.#deps = deps;
    this.#network = deps.network;
    const { runtimeFolder, logFile, onTrouble } = deps;
    const prepare = (client: NetworkClient) => this.#prepare(client);
    const onEnd = (how: 'stopped' | 'lost', identity: ProcessIdentity) => void this.#settleCaptures(how, identity);
    this.keeper = new NetworkKeeper({ spec: specOf(deps.network), runtimeFolder, logFile, prepare, onEnd, onTrouble });
  }

  get #hasGateway(): boolean {
    return gatewaySettingsOf(this.#network) !== undefined;
  }

  /** Runs on other settings from now on. */
  async respecify(network: Network): Promise<void> {
    this.#network = network;
    await this.keeper.respecify(specOf(network));
  }

  /** Brings the gateway up to the plan, and lets the process end when nobody needs it. */
  sync(): Promise<void> {
    const turn = this.#queue.then(async () => {
      const plan = this.#deps.plan();
      await this.keeper.hold(this.keeper.wanted.length > 0 || plan.asleep.length > 0);
      const { client } = this.keeper;
      if (client && this.#hasGateway) await this.#tell(client, plan);
    });
    this.#queue = turn.catch(() => undefined); // whoever asked for it is told
    return turn;
  }

  /** What the gateway knows; nothing while it does not run. */
  async report(): Promise<GatewayReport> {
    const { client } = this.keeper;
    if (!client || !this.#hasGateway) return NO_REPORT;
    return (await client.execute('gateway-report')) as GatewayReport; // our own process
  }

  /** The uplink as it is now; undefined: there is none, or the network does not run. */
  async uplink(): Promise<UplinkState | undefined> {
    return this.#network.uplink === null ? undefined : this.keeper.client?.uplink();
  }

  /** @throws InnError `ENGINE_FAILED` when it runs and its uplink does not work, with the last lines of its log */
  async assertUplink(): Promise<void> {
    const state = await this.uplink();
    if (!state || state.isUp) return;
    const { name, uplink } = this.#network;
    const why = state.failure ?? `The carrier of its uplink '${uplink && interfaceOf(uplink)}' does not answer.`;
    throw new InnError('ENGINE_FAILED', `The network '${name}' has no way to the host's own. ${why}`, {
      hint: state.cure ?? 'The log of the network may say more.',
      details: { network: this.#network.id, log: state.log, logFile: this.#deps.logFile },
    });
  }

  async #prepare(client: NetworkClient): Promise<void> {
    client.onEvent((event) => this.#onEvent(event, client));
    const { id } = this.#network;
    const why = this.#hasRun ? CAPTURE_END.died : CAPTURE_END.away;
    this.#hasRun = true;
    void this.#deps.captures.settle(id, () => client.captures(), why);
    if (!this.#hasGateway) return;
    await client.execute('gateway-leases', { leases: this.#deps.table.leases(id) });
    const { leases } = (await client.execute('gateway-report')) as GatewayReport;
    for (const lease of leases) this.#deps.table.putLease(id, lease); // given while no core was there
    await this.#tell(client, this.#deps.plan());
  }

  async #tell(client: NetworkClient, plan: GatewayPlan): Promise<void> {
    const told = this.#told?.client === client ? this.#told.plan : undefined;
    if (isDeepStrictEqual(told, plan) && this.failures.size === 0) return;
    const { names, fixed, asleep } = plan;
    if (!isDeepStrictEqual(told?.names, names)) await client.execute('gateway-names', { names });
    if (!isDeepStrictEqual(told?.fixed, fixed)) await client.execute('gateway-fixed', { entries: fixed });
    if (!isDeepStrictEqual(told?.asleep, asleep)) await client.execute('gateway-asleep', { ids: asleep });
    await this.#tellForwards(client, plan.forwards);
    this.#told = { client, plan };
  }

  async #tellForwards(client: NetworkClient, wanted: GatewayPlan['forwards']): Promise<void> {
    const { forwards: open } = (await client.execute('gateway-report')) as GatewayReport;
    const isSame = (each: OpenForward) =>
      wanted.some(({ forward, macAddress }) => isDeepStrictEqual(targetOf(each), macAddress) && each.id === forward.id);
    for (const each of open) {
      if (!isSame(each)) await client.execute('gateway-forward-remove', { id: each.id });
    }
    const same = open.filter(isSame);
    for (const { id, hostPort } of same) this.#chosen.set(id, hostPort);
    const known = new Set(same.map(({ id }) => id));
    const ids = new Set<string>(wanted.map(({ forward }) => forward.id));
    for (const id of this.failures.keys()) if (!ids.has(id) || known.has(id)) this.failures.delete(id);
    for (const { forward, macAddress } of wanted) {
      if (!known.has(forward.id)) await this.#openForward(client, forward, macAddress);
    }
  }

  async #openForward(client: NetworkClient, forward: PortForward, macAddress: string): Promise<void> {
    const { id, protocol, hostAddress, hostPort, guestPort, owner } = forward;
    const open = async (port: number): Promise<void> => {
      const request = { id, protocol, hostAddress, hostPort: port, guestPort, target: { macAddress } };
      const answer = await client.execute('gateway-forward-add', { forward: request, owner });
      this.#chosen.set(id, (answer as { port: number }).port); // our own process
      this.failures.delete(id);
    };
    const before = hostPort === 0 ? this.#chosen.get(id) : undefined;
    try {
      if (before === undefined) await open(hostPort);
      else await open(before).catch(() => open(hostPort)); // somebody else may have it by now
    } catch (error) {
      this.failures.set(id, toErrorReport(error).message);
      this.#deps.onTrouble(`Port ${hostPort} of the host could not be opened.`, error);
    }
  }

  #onUplink(failure: unknown): void {
    if (typeof failure === 'string') {
      const message = `The network '${this.#network.name}' has lost its way to the host's own.`;
      this.#deps.onTrouble(message, new InnError('ENGINE_FAILED', failure));
    }
    this.#deps.onUplink();
  }

  async #settleCaptures(how: 'stopped' | 'lost', identity: ProcessIdentity): Promise<void> {
    // What only lost its connection goes on, and is taken back.
    if (how === 'lost' && !(await hasEnded(identity))) return;
    const running = async () => (await this.keeper.client?.captures()) ?? [];
    await this.#deps.captures.settle(this.#network.id, running, CAPTURE_END[how === 'lost' ? 'died' : 'stopped']);
  }

  #onEvent({ event, data }: QmpEvent, client: NetworkClient): void {
    if (event === 'CAPTURE_ENDED') {
      void this.#deps.captures.settle(this.#network.id, () => client.captures(), CAPTURE_END.died);
    }
    if (event === 'UPLINK_CHANGED') this.#onUplink(data?.failure);
    if (event === 'GATEWAY_WAITING') this.#deps.onWaiting(String(data?.id));
    if (event !== 'GATEWAY_LEASE') return;
    try {
      this.#deps.table.putLease(this.#network.id, data as unknown as StoredLease); // our own process
    } catch (error) {
      this.#deps.onTrouble('A lease could not be stored.', error);
    }
  }
}

const targetOf = ({ target }: OpenForward): string | null => ('macAddress' in target ? target.macAddress : null);

/** Whether the process is gone; its connections close a moment earlier. */
async function hasEnded(identity: ProcessIdentity): Promise<boolean> {
  const deadline = performance.now() + GOING_MS;
  while (await isAlive(identity)) {
    if (performance.now() > deadline) return false;
    await setTimeout(GOING_POLL_MS);
  }
  return true;
}
