import { randomUUID } from 'node:crypto';
import { lstat, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { InnError } from '../../../shared/errors.ts';
import { toHostname } from '../../../shared/host-name.ts';
import type { Machine } from '../../../shared/model/machine.ts';
import type { Network, NetworkCapture } from '../../../shared/model/virtual-network.ts';
import type { NetworkTable } from '../../db/network-table.ts';
import { adaptersOn } from '../attachment.ts';
import type { LiveNetworks } from '../live-networks.ts';
import { portIdOf } from '../machine-ports.ts';
import type { NetworkClient } from '../network-client.ts';
import type { CaptureRecord } from './capture-record.ts';
import { captureView } from './capture-view.ts';

export interface CaptureRequest {
  machine?: string | undefined;
  adapter?: number | undefined;
  path?: string | undefined;
  limitBytes: number;
}

export interface NetworkCapturesDeps {
  table: NetworkTable;
  machines: { get(ref: string): Machine };
  live: LiveNetworks;
  captures: CaptureRecord;
  /** Where captures go that are given no file. */
  captureFolder: string;
}

/** Files of frames: of a whole network, or of one adapter on it. */
export class NetworkCaptures {
  readonly #deps: NetworkCapturesDeps;

  constructor(deps: NetworkCapturesDeps) {
    this.#deps = deps;
  }

  /**
   * @throws InnError `INVALID_STATE` while the network does not run, `INVALID_CONFIG` for an adapter that is not on it,
   *   `FILE_EXISTS`, `FILE_NOT_ACCESSIBLE`
   */
  async start(network: Network, request: CaptureRequest): Promise<NetworkCapture> {
    const client = this.#clientOf(network);
    const machine = request.machine === undefined ? undefined : this.#deps.machines.get(request.machine);
    const portId = machine ? portIdOf(machine.id, this.#adapterFor(network, machine, request.adapter)) : null;
    const { limitBytes } = request;
    const id = randomUUID();
    const file = request.path ?? (await this.#newFile(network, id));
    if (request.path !== undefined) await assertFree(file);
    await client.startCapture(id, { portId, path: file, limitBytes });
    const capture = captureView({ id, portId, path: file, frames: 0, bytes: 0, failure: null });
    this.#deps.captures.put(network.id, capture);
    return capture;
  }

  /**
   * Ends it; one that has ended by itself is forgotten.
   * @throws InnError `INVALID_STATE` while the network does not run, `NETWORK_NOT_FOUND` when there is no such capture
   */
  async stop(network: Network, id: string): Promise<NetworkCapture> {
    const { captures, live } = this.#deps;
    const known = captures.get(id);
    const hasEnded = known !== undefined && known.endedAt !== null;
    const client = hasEnded ? live.of(network).keeper.client : this.#clientOf(network);
    const last = await client?.stopCapture(id);
    captures.delete(id);
    if (hasEnded) return known;
    if (last) return { ...captureView(last), endedAt: new Date().toISOString() };
    throw new InnError('NETWORK_NOT_FOUND', `There is no capture '${id}' on the network '${network.name}'.`, {
      hint: 'It was stopped before; `inn network capture <network> --list` shows those that are there.',
    });
  }

  #clientOf(network: Network): NetworkClient {
    const { live } = this.#deps;
    const client = live.isRunning(network) ? live.of(network).keeper.client : undefined;
    if (client) return client;
    throw new InnError('INVALID_STATE', `The network '${network.name}' does not run: no machine on it is on.`, {
      hint: 'Start a machine that has an adapter on it.',
    });
  }

  #adapterFor(network: Network, { config }: Machine, wanted: number | undefined): number {
    const own = adaptersOn(network, config, this.#deps.table.list());
    const index = wanted ?? own[0];
    if (index !== undefined && own.includes(index)) return index;
    const what = wanted === undefined ? 'no adapter' : `no adapter ${wanted + 1}`;
    const others = own.length === 0 ? 'none' : own.map((each) => each + 1).join(', ');
    throw new InnError('INVALID_CONFIG', `'${config.name}' has ${what} on the network '${network.name}'.`, {
      hint: `Its adapters there: ${others}. Leave the machine out to capture the whole network.`,
    });
  }

  async #newFile({ name }: Network, id: string): Promise<string> {
    const { captureFolder } = this.#deps;
    await mkdir(captureFolder, { recursive: true, mode: 0o700 });
    const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
    return path.join(captureFolder, `${toHostname(name)}-${time}-${id.slice(0, 4)}.pcapng`);
  }
}

/** Nothing of a person's is written over. @throws InnError `FILE_EXISTS` */
async function assertFree(file: string): Promise<void> {
  const isThere = await lstat(file).then(
    () => true,
    () => false, // what else is wrong with it is said when it is made
  );
  if (!isThere) return;
  throw new InnError('FILE_EXISTS', `There is a file '${file}' already.`, {
    hint: 'Choose another name for the capture, or move that file away first.',
    details: { path: file },
  });
}
