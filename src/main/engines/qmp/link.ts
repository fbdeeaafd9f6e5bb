import { InnError } from '../../../shared/errors.ts';
import { type QmpCallOptions, QmpClient } from './client.ts';
import type { QmpEvent } from './protocol.ts';

export interface QmpLinkListener {
  onEvent(event: QmpEvent): void;
  /** A call was not answered in time; told once until the engine answers again. */
  onHang(error: InnError): void;
  onRecovery(): void;
}

/** What can be asked of an engine: all that a dialect needs. */
export type QmpCaller = Pick<QmpLink, 'execute'>;

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * The way to one engine process: connects at the first call, and again when the connection was lost while the process
 * lives. When another program holds the first monitor, the second one is used.
 */
export class QmpLink {
  readonly #paths: readonly string[];
  readonly #listener: QmpLinkListener;
  #connection: Promise<QmpClient> | undefined;
  #client: QmpClient | undefined;
  #isHanging = false;
  #isClosed = false;

  /** @param paths sockets of the monitors, in the order in which they are tried; at least one */
  constructor(paths: readonly string[], listener: QmpLinkListener) {
    this.#paths = paths;
    this.#listener = listener;
  }

  get isConnected(): boolean {
    return this.#client !== undefined;
  }

  /** Settles when the present connection has ended; at once when there is none. */
  async lost(): Promise<void> {
    await this.#client?.closed;
  }

  /**
   * Connects when that is not done yet.
   * @throws InnError `ENGINE_FAILED`, `ENGINE_TIMEOUT`, `CANCELLED`
   */
  async connect(options: { timeoutMs?: number; signal?: AbortSignal } = {}): Promise<void> {
    await this.#connected(options);
  }

  /**
   * Calls a command of the engine.
   * @throws InnError `ENGINE_FAILED`, `ENGINE_TIMEOUT`
   */
  async execute(command: string, args: Record<string, unknown> = {}, options: QmpCallOptions = {}): Promise<unknown> {
    try {
      const client = await this.#connected(options);
      const answer = await client.execute(command, args, options);
      this.#noteRecovery();
      return answer;
    } catch (error) {
      this.#noteFailure(error);
      throw error;
    }
  }

  /** Ends the connection for good; the machine goes on. */
  close(): void {
    this.#isClosed = true;
    this.#client?.close();
  }

  #connected(options: { timeoutMs?: number; signal?: AbortSignal }): Promise<QmpClient> {
    if (this.#isClosed) return Promise.reject(new InnError('ENGINE_FAILED', 'The session was let go of.'));
    this.#connection ??= this.#open(options).catch((error: unknown) => {
      this.#connection = undefined;
      throw error;
    });
    return this.#connection;
  }

  async #open({
    timeoutMs = CONNECT_TIMEOUT_MS,
    signal,
  }: {
    timeoutMs?: number;
    signal?: AbortSignal;
  }): Promise<QmpClient> {
    const client = await this.#tryEach({ timeoutMs, ...(signal === undefined ? {} : { signal }) });
    if (this.#isClosed) client.close();
    this.#client = client;
    client.onEvent((event) => this.#listener.onEvent(event));
    void client.closed.then(() => {
      this.#client = undefined;
      this.#connection = undefined;
    });
    return client;
  }

  /** A monitor that another program holds refuses or, in QEMU, does not answer: the time is shared out among them all. */
  async #tryEach({ timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal }): Promise<QmpClient> {
    const options = { timeoutMs: timeoutMs / this.#paths.length, ...(signal === undefined ? {} : { signal }) };
    let failure: unknown;
    for (const path of this.#paths) {
      try {
        return await QmpClient.connect(path, options);
      } catch (error) {
        if (!(error instanceof InnError) || error.code === 'CANCELLED') throw error;
        failure ??= error; // the first monitor is the one that should have answered
      }
    }
    throw failure;
  }

  #noteFailure(error: unknown): void {
    if (!(error instanceof InnError)) return;
    if (error.code === 'ENGINE_TIMEOUT' && !this.#isHanging) {
      this.#isHanging = true;
      this.#listener.onHang(error);
    } else if (error.details?.errorClass !== undefined) {
      this.#noteRecovery(); // a refusal is an answer too
    }
  }

  #noteRecovery(): void {
    if (!this.#isHanging) return;
    this.#isHanging = false;
    this.#listener.onRecovery();
  }
}
