import { toErrorReport } from '../../../shared/errors.ts';
import type { NetworkId } from '../../../shared/model/network.ts';
import type { NetworkCapture } from '../../../shared/model/virtual-network.ts';
import type { CaptureTable } from '../../db/capture-table.ts';
import type { Commit } from '../../db/unit-of-work.ts';
import type { Log } from '../../log.ts';
import type { CaptureState } from '../network-process/captures.ts';
import { captureView } from './capture-view.ts';
import { type HeldFrames, mendPcapng } from './mend-pcapng.ts';

export interface CaptureRecordDeps {
  table: CaptureTable;
  commit: Commit;
  log: Pick<Log, 'warn'>;
  now(): Date;
}

/** Why a capture ended that nobody ended. */
export const CAPTURE_END = {
  died: 'The process of its network ended unexpectedly. The last frames before that may be missing.',
  away: 'The process of its network had ended by the time Innkeeper was started again.',
  stopped: 'Its network ended: no machine was on it any more, or it was given other settings.',
} as const;

/** Captures that ended by themselves are kept for each network until somebody takes note, but not more than this. */
const KEPT = 20;

/** What is known of captures beside the processes that write them, so that none ends unnoticed. */
export class CaptureRecord {
  readonly #deps: CaptureRecordDeps;
  /** How far those had come that run, when they were last asked. */
  readonly #latest = new Map<string, HeldFrames>();
  readonly #settling = new Set<Promise<void>>();
  #isClosed = false;

  constructor(deps: CaptureRecordDeps) {
    this.#deps = deps;
  }

  get(id: string): NetworkCapture | undefined {
    return this.#deps.table.get(id);
  }

  put(network: NetworkId, capture: NetworkCapture): void {
    this.#deps.table.put(network, capture);
  }

  delete(id: string): void {
    this.#latest.delete(id);
    this.#deps.table.delete(id);
  }

  /** Those that run, by what their process says, and those that ended by themselves, in the order in which they began. */
  list(network: NetworkId, running: readonly CaptureState[]): NetworkCapture[] {
    for (const { id, frames, bytes } of running) this.#latest.set(id, { frames, bytes });
    const known = this.#deps.table.of(network);
    const now = (capture: NetworkCapture): NetworkCapture => {
      const state = running.find(({ id }) => id === capture.id);
      return state && capture.endedAt === null ? captureView(state) : { ...capture, ...this.#lastOf(capture) };
    };
    const unknown = running.filter(({ id }) => !known.some((each) => each.id === id));
    return [...known.map(now), ...unknown.map(captureView)];
  }

  /**
   * Ends the record of every capture that runs no more, and mends its file. Never rejects.
   * @param running asked after its rows were read, what the network's process has now; none: there is no process
   * @param why of those that are gone; one that failed says itself why
   */
  async settle(network: NetworkId, running: () => Promise<readonly CaptureState[]>, why: string): Promise<void> {
    if (this.#isClosed) return; // the next core finds out
    const work = this.#settle(network, running, why)
      .catch((error: unknown) =>
        this.#deps.log.warn({ error: toErrorReport(error) }, 'Captures could not be looked at.'),
      )
      .finally(() => this.#settling.delete(work));
    this.#settling.add(work);
    await work;
  }

  /** Whether a capture is thought to run there. */
  hasOpen(network: NetworkId): boolean {
    return this.#deps.table.of(network).some(({ endedAt }) => endedAt === null);
  }

  /** Resolves when nothing is being settled any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#settling);
  }

  async #settle(network: NetworkId, running: () => Promise<readonly CaptureState[]>, why: string): Promise<void> {
    const open = this.#deps.table.of(network).filter(({ endedAt }) => endedAt === null);
    if (open.length === 0) return;
    const states = await running();
    for (const capture of open) {
      const state = states.find(({ id }) => id === capture.id);
      if (state && state.failure === null) continue;
      if (state) this.#latest.set(state.id, state);
      await this.#end(network, capture, state?.failure ?? why);
    }
  }

  async #end(network: NetworkId, { id, path }: NetworkCapture, why: string): Promise<void> {
    const { table, commit, log } = this.#deps;
    const { held, trouble } = await mended(path);
    const capture = table.get(id);
    if (!capture || capture.endedAt !== null) return; // somebody ended it meanwhile
    const last = this.#lastOf(capture);
    const ended: NetworkCapture = {
      ...capture,
      // What went to a file before this one is in no file's count.
      frames: Math.max(last.frames, held.frames),
      bytes: Math.max(last.bytes, held.bytes),
      failure: trouble === null ? why : `${why} ${trouble}`,
      endedAt: this.#deps.now().toISOString(),
    };
    this.#latest.delete(id);
    commit((publish) => {
      table.put(network, ended);
      const over = table.of(network).filter(({ endedAt }) => endedAt !== null);
      for (const old of over.slice(0, -KEPT)) table.delete(old.id);
      publish({ kind: 'captureEnded', network, capture: ended });
    });
    log.warn({ network, capture: id, path, why: ended.failure }, 'A capture ended by itself');
  }

  #lastOf({ id, frames, bytes }: NetworkCapture): HeldFrames {
    return this.#latest.get(id) ?? { frames, bytes };
  }
}

async function mended(path: string): Promise<{ held: HeldFrames; trouble: string | null }> {
  const nothing = { frames: 0, bytes: 0 };
  try {
    return { held: (await mendPcapng(path)) ?? nothing, trouble: null };
  } catch (error) {
    return {
      held: nothing,
      trouble: `Its file could not be looked at: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}
