import { InnError, toErrorReport } from '../../shared/errors.ts';
import type { PortForward, PortForwardId } from '../../shared/model/virtual-network.ts';
import type { NetworkTable } from '../db/network-table.ts';
import type { Log } from '../log.ts';
import { isAlive, type ProcessIdentity, readStartTime } from '../processes/process-identity.ts';

/** How often owners are looked at while there are any, in milliseconds. */
const LOOK_MS = 1_000;

export interface ForwardOwnersDeps {
  table: Pick<NetworkTable, 'list'>;
  remove: (id: PortForwardId) => Promise<unknown>;
  log: Pick<Log, 'warn'>;
}

/**
 * Who a forward is there for: a process of this computer. Such a forward goes with its process, however that ends, also when
 * no core was there to see it. Nothing has to be renewed, and no connection kept: `inn ssh` lets go of its core meanwhile.
 */
export class ForwardOwners {
  readonly #deps: ForwardOwnersDeps;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(deps: ForwardOwnersDeps) {
    this.#deps = deps;
  }

  /** Looks now, and again as long as a forward has an owner. To be called when there may be another one. */
  watch(): void {
    this.#lookIn(0);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    for (const { id, owner } of this.#owned()) {
      if (!owner || (await isAlive(owner)) || this.#isClosed) continue;
      await this.#deps.remove(id).catch((error: unknown) => {
        const isGone = error instanceof InnError && error.code === 'NETWORK_NOT_FOUND'; // somebody was faster
        if (!isGone) this.#deps.log.warn({ forward: id, error: toErrorReport(error) }, 'A port could not be closed');
      });
    }
    if (this.#owned().length > 0) this.#lookIn(LOOK_MS);
  }

  #lookIn(delayMs: number): void {
    clearTimeout(this.#timer);
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#look(), delayMs).unref();
  }

  #owned(): PortForward[] {
    if (this.#isClosed) return [];
    return this.#deps.table.list().flatMap(({ forwards }) => forwards.filter(({ owner }) => owner !== undefined));
  }
}

/** @throws InnError `INVALID_CONFIG` when there is no such process */
export async function ownerOf(pid: number): Promise<ProcessIdentity> {
  const pidStartTime = await readStartTime(pid);
  if (pidStartTime !== undefined) return { pid, pidStartTime };
  throw new InnError('INVALID_CONFIG', `There is no process ${pid} for which a port could be opened.`);
}
