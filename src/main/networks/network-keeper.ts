import { isDeepStrictEqual } from 'node:util';
import { InnError } from '../../shared/errors.ts';
import type { ProcessIdentity } from '../processes/process-identity.ts';
import { NetworkClient, type NetworkStartOptions } from './network-client.ts';
import type { PortRequest, PortState } from './network-process/network-ports.ts';
import type { NetworkProcessSpec } from './network-process/process-spec.ts';
import type { PortChange } from './switch/port-settings.ts';

export interface KeeperOptions {
  spec: NetworkProcessSpec;
  runtimeFolder: string;
  logFile: string;
  /** Called with a process that was started or taken back, before its ports are put right. */
  prepare?: (client: NetworkClient) => Promise<void>;
  /** Called when a process is no more that ran: `lost`: it may only have become silent, as nobody told it to end. */
  onEnd?: (how: 'stopped' | 'lost', identity: ProcessIdentity) => void;
  /** Told what went wrong where nobody waits for an answer. */
  onTrouble: (message: string, error: unknown) => void;
}

const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 10_000;

/**
 * Keeps the process of one network as it should be: it runs as long as a port is wanted or it is held, with these ports and
 * no others, and is started again when it dies. One that outlived an earlier core is taken back; when its specification has changed since,
 * a new one takes its place, and the machines connect to that.
 */
export class NetworkKeeper {
  #spec: NetworkProcessSpec;
  readonly #options: KeeperOptions;
  readonly #wanted = new Map<string, PortRequest>();
  #client: NetworkClient | undefined;
  /** Work on the process, one after the other. */
  #queue: Promise<unknown> = Promise.resolve();
  #retryMs = FIRST_RETRY_MS;
  #timer: NodeJS.Timeout | undefined;
  #isReleased = false;
  #isHeld = false;

  constructor(options: KeeperOptions) {
    this.#spec = options.spec;
    this.#options = options;
  }

  /** Ids of the ports that are wanted. */
  get wanted(): readonly string[] {
    return [...this.#wanted.keys()];
  }

  /**
   * Wants a port; what it says replaces what was said before under its id.
   * @throws InnError as `NetworkClient.start` and `addPort`; the port is not wanted then
   */
  plug(port: PortRequest): Promise<void> {
    return this.#inTurn(async () => {
      try {
        this.#wanted.set(port.id, port);
        const isNew = this.#client === undefined;
        const client = await this.#open();
        if (!isNew) await client.addPort(port);
      } catch (error) {
        this.#wanted.delete(port.id);
        throw error;
      }
    });
  }

  /** Wants a port that an earlier core may have plugged; nothing is started for it. */
  expect(port: PortRequest): void {
    this.#wanted.set(port.id, port);
  }

  /** @throws InnError `INVALID_STATE` when the port is not wanted */
  change(id: string, change: PortChange): Promise<void> {
    return this.#inTurn(async () => {
      const port = this.#wanted.get(id);
      if (!port) throw new InnError('INVALID_STATE', `The adapter '${id}' is not on network '${this.#spec.name}'.`);
      const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
      this.#wanted.set(id, { ...port, settings: { ...port.settings, ...given } });
      await this.#client?.changePort(id, change);
    });
  }

  /** Wants the port no more; with the last one the process ends. @returns its last state, when it could be asked */
  unplug(id: string): Promise<PortState | undefined> {
    return this.#inTurn(async () => {
      if (!this.#wanted.delete(id)) return undefined;
      const last = await this.#client?.removePort(id);
      if (!this.#isNeeded) await this.#stop();
      return last;
    });
  }

  /** Whether the process is to run without any port, too, as when ports of the host lead to machines that sleep. */
  hold(isHeld: boolean): Promise<void> {
    return this.#inTurn(async () => {
      this.#isHeld = isHeld;
      if (isHeld) await this.#open();
      else if (!this.#isNeeded) await this.#stop();
    });
  }

  /** Runs the network on another specification from now on. */
  respecify(spec: NetworkProcessSpec): Promise<void> {
    return this.#inTurn(async () => {
      if (isDeepStrictEqual(plain(spec), plain(this.#spec))) return;
      this.#spec = spec;
      if (!this.#client) return;
      await this.#stop();
      await this.#open();
    });
  }

  /** Every port with its counters; none while the process does not run. */
  ports(): Promise<PortState[]> {
    return this.#inTurn(async () => (await this.#client?.ports()) ?? []);
  }

  /** The process as it is at the moment, for what is not a matter of ports. */
  get client(): NetworkClient | undefined {
    return this.#client;
  }

  /** Lets go: the process and its ports stay as they are. */
  async release(): Promise<void> {
    this.#isReleased = true;
    clearTimeout(this.#timer);
    await this.#queue;
    this.#client?.release();
  }

  get #isNeeded(): boolean {
    return this.#isHeld || this.#wanted.size > 0;
  }

  /** Takes back or starts the process, with all ports that are wanted. */
  async #open(): Promise<NetworkClient> {
    if (this.#client) return this.#client;
    const client = (await this.#takeBack()) ?? (await NetworkClient.start(this.#spec, this.#startOptions()));
    try {
      await this.#options.prepare?.(client);
      await this.#agree(client);
    } catch (error) {
      client.release();
      throw error;
    }
    this.#client = client;
    this.#retryMs = FIRST_RETRY_MS;
    void client.closed.then(() => this.#onClosed(client));
    return client;
  }

  async #takeBack(): Promise<NetworkClient | undefined> {
    const client = await NetworkClient.takeBack(this.#options.runtimeFolder);
    if (!client || isDeepStrictEqual(await client.spec(), plain(this.#spec))) return client;
    client.release(); // `start` ends it
    return undefined;
  }

  #startOptions(): NetworkStartOptions {
    const { runtimeFolder, logFile } = this.#options;
    return { runtimeFolder, logFile };
  }

  async #agree(client: NetworkClient): Promise<void> {
    for (const { id } of await client.ports()) if (!this.#wanted.has(id)) await client.removePort(id);
    for (const port of this.#wanted.values()) await client.addPort(port);
  }

  async #stop(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (!client) return;
    await client.stop();
    this.#options.onEnd?.('stopped', client.identity);
  }

  #onClosed(client: NetworkClient): void {
    if (this.#client !== client) return; // it was told to end
    this.#client = undefined;
    if (this.#isReleased) return;
    this.#options.onEnd?.('lost', client.identity);
    if (this.#isNeeded) this.#reopen();
  }

  #reopen(): void {
    void this.#inTurn(async () => {
      if (this.#isReleased || !this.#isNeeded) return;
      try {
        await this.#open();
      } catch (error) {
        this.#options.onTrouble(`The network '${this.#spec.name}' could not be started again.`, error);
        this.#timer = setTimeout(() => this.#reopen(), this.#retryMs);
        this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
      }
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined); // whoever asked for it is told
    return turn;
  }
}

/** As it comes back over the socket: without what JSON leaves out. */
function plain(spec: NetworkProcessSpec): unknown {
  return JSON.parse(JSON.stringify(spec));
}
