import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { InnError, isErrorCode } from '../../shared/errors.ts';
import type { UplinkState } from '../../shared/model/uplink.ts';
import { QmpClient } from '../engines/qmp/client.ts';
import type { QmpEvent } from '../engines/qmp/protocol.ts';
import { launchProgram } from '../processes/launch-program.ts';
import { endLeftover, readProcessFile } from '../processes/leftover.ts';
import { isAlive, type ProcessIdentity } from '../processes/process-identity.ts';
import type { CaptureOptions } from './network-process/capture.ts';
import type { CaptureState } from './network-process/captures.ts';
import type { PortRequest, PortState } from './network-process/network-ports.ts';
import { NETWORK_FILES, type NetworkProcessSpec } from './network-process/process-spec.ts';
import type { KnownAddress } from './switch/address-book.ts';
import type { PortChange } from './switch/port-settings.ts';

export interface NetworkStartOptions {
  /** Sockets and process record, mode 0700; at most 80 bytes. */
  runtimeFolder: string;
  logFile: string;
  signal?: AbortSignal;
}

const START_TIMEOUT_MS = 20_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** How long a process that outlived its core may refuse or not answer before it counts as lost. */
const TAKE_BACK_MS = 5_000;
const RETRY_MS = 20;

/** The program of a network process: its source when this file runs from source, else the bundle beside the core's. */
function networkProcessPath(): string {
  const isSource = import.meta.url.endsWith('.ts');
  return fileURLToPath(new URL(isSource ? './network-process/main.ts' : './network-process.js', import.meta.url));
}

/**
 * One running network process, as the core sees it. All calls reject with what the process refused with, or with
 * `ENGINE_FAILED` when it is gone and `ENGINE_TIMEOUT` when it does not answer.
 */
export class NetworkClient {
  readonly identity: ProcessIdentity;
  readonly #qmp: QmpClient;

  private constructor(identity: ProcessIdentity, qmp: QmpClient) {
    this.identity = identity;
    this.#qmp = qmp;
  }

  /**
   * Starts the process of a network; one that still owns the folder is ended first.
   * @throws InnError `ENGINE_FAILED`, `ENGINE_TIMEOUT`, `CANCELLED`, or what the gateway refused with
   */
  static async start(spec: NetworkProcessSpec, options: NetworkStartOptions): Promise<NetworkClient> {
    const { runtimeFolder, logFile, signal = new AbortController().signal } = options;
    await mkdir(runtimeFolder, { recursive: true, mode: 0o700 });
    await endLeftover(runtimeFolder);
    const file = path.join(runtimeFolder, NETWORK_FILES.spec);
    await writeFile(`${file}.new`, JSON.stringify(spec, undefined, 2), { mode: 0o600 });
    await rename(`${file}.new`, file);
    const program = { subject: 'The network process', script: networkProcessPath() };
    const launched = await launchProgram(program, runtimeFolder, logFile);
    try {
      await launched.ready({ timeoutMs: START_TIMEOUT_MS, signal });
      return await NetworkClient.#connect(runtimeFolder, launched);
    } catch (error) {
      await launched.end();
      throw error;
    }
  }

  /** Takes back a process that outlived the program that started it; undefined when there is none, or it does not answer (`start` ends it). */
  static async takeBack(runtimeFolder: string): Promise<NetworkClient | undefined> {
    const identity = readProcessFile(runtimeFolder);
    if (!identity || !(await isAlive(identity))) return undefined;
    const deadline = performance.now() + TAKE_BACK_MS;
    for (;;) {
      try {
        return await NetworkClient.#connect(runtimeFolder, identity);
      } catch (error) {
        if (!(error instanceof InnError)) throw error;
        // It may not have noticed yet that its last core is gone, and refuses a second one.
        if (performance.now() > deadline || !(await isAlive(identity))) return undefined;
        await setTimeout(RETRY_MS);
      }
    }
  }

  static async #connect(runtimeFolder: string, { pid, pidStartTime }: ProcessIdentity): Promise<NetworkClient> {
    const control = path.join(runtimeFolder, NETWORK_FILES.control);
    const qmp = await QmpClient.connect(control, { timeoutMs: CONNECT_TIMEOUT_MS });
    return new NetworkClient({ pid, pidStartTime }, qmp);
  }

  /** Settles when the process is gone, or was let go of; never rejects. */
  get closed(): Promise<void> {
    return this.#qmp.closed;
  }

  onEvent(listener: (event: QmpEvent) => void): () => void {
    return this.#qmp.onEvent(listener);
  }

  /** What the process was started with. */
  async spec(): Promise<NetworkProcessSpec> {
    return (await this.execute('query-network')) as NetworkProcessSpec;
  }

  /** @throws InnError `CONFLICT` when the address belongs to another port of this network */
  async addPort(port: PortRequest): Promise<void> {
    await this.execute('add-port', { ...port });
  }

  /** @throws InnError `INVALID_STATE` when there is no such port */
  async changePort(id: string, change: PortChange): Promise<void> {
    await this.execute('change-port', { id, change });
  }

  /** @returns the last counters; undefined when there was no such port */
  async removePort(id: string): Promise<PortState | undefined> {
    const last = (await this.execute('remove-port', { id })) as Partial<PortState>;
    return last.id === undefined ? undefined : (last as PortState);
  }

  async ports(): Promise<PortState[]> {
    return (await this.execute('query-ports')) as PortState[];
  }

  /** Undefined: the network has no uplink. */
  async uplink(): Promise<UplinkState | undefined> {
    const state = (await this.execute('query-uplink')) as Partial<UplinkState>;
    return state.isUp === undefined ? undefined : (state as UplinkState);
  }

  async table(): Promise<KnownAddress[]> {
    return (await this.execute('query-table')) as KnownAddress[];
  }

  /** @throws InnError `CONFLICT`, `FILE_NOT_ACCESSIBLE` */
  async startCapture(id: string, options: CaptureOptions): Promise<void> {
    await this.execute('start-capture', { id, ...options });
  }

  async stopCapture(id: string): Promise<CaptureState | undefined> {
    const last = (await this.execute('stop-capture', { id })) as Partial<CaptureState>;
    return last.id === undefined ? undefined : (last as CaptureState);
  }

  async captures(): Promise<CaptureState[]> {
    return (await this.execute('query-captures')) as CaptureState[];
  }

  /** Any command, such as one of the gateway. */
  async execute(command: string, args: Record<string, unknown> = {}): Promise<unknown> {
    try {
      return await this.#qmp.execute(command, args);
    } catch (error) {
      throw refusalOf(error) ?? error;
    }
  }

  /** Ends the process; the machines on the network keep running. Resolves when the connection has ended. */
  async stop(): Promise<void> {
    await this.execute('quit').catch((error: unknown) => {
      if (!(error instanceof InnError && error.code === 'ENGINE_FAILED')) throw error; // gone before it could answer
    });
    await this.closed;
  }

  /** Lets go of the process, which goes on. */
  release(): void {
    this.#qmp.close();
  }
}

/** The error that the process refused with: it comes as JSON in the shape of `ErrorReport`. */
function refusalOf(error: unknown): InnError | undefined {
  const reason = error instanceof InnError ? error.details?.reason : undefined;
  if (typeof reason !== 'string' || !reason.startsWith('{')) return undefined;
  const { code, message, hint, details } = JSON.parse(reason);
  return isErrorCode(code) ? new InnError(code, message, { hint, details, cause: error }) : undefined;
}
