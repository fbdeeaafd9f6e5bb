import { InnError } from '../../shared/errors.ts';
import type { ProcessEnd } from '../processes/process-end.ts';
import { isAlive, killProcess, settlesWithin } from '../processes/process-identity.ts';
import type { Exit, RuntimeRecord } from './engine.ts';
import type { QmpLink } from './qmp/link.ts';
import { readExit } from './session-exit.ts';

export interface SessionEndParts {
  runtime: RuntimeRecord;
  link: QmpLink;
  /** How the system reports the process's end, when this program started it. */
  ended: Promise<ProcessEnd> | undefined;
  /** The connection was lost and is there again. */
  onReconnect(): void;
  /** The process has ended. */
  onEnd(): void;
}

/** How long a machine may take to end in order, then after SIGTERM, then after SIGKILL, in milliseconds. */
const END_TIMEOUTS_MS = { quit: 5_000, SIGTERM: 2_000, SIGKILL: 10_000 };
const FIRST_POLL_MS = 5;
const LAST_POLL_MS = 1_000;

/** The end of a session: brings it about when asked, and notices it however it comes. */
export class SessionEnd {
  /** Settles once, when the process has ended; never after `close`. */
  readonly exit: Promise<Exit>;
  readonly #parts: SessionEndParts;
  readonly #closing = Promise.withResolvers<void>();
  #isPoweringOff = false;
  #isClosed = false;

  constructor(parts: SessionEndParts) {
    this.#parts = parts;
    const { promise, resolve } = Promise.withResolvers<Exit>();
    this.exit = promise;
    void this.#wait(resolve);
  }

  /** Ends the process, in order or not. @throws InnError `ENGINE_TIMEOUT` when even killing does not end it */
  async powerOff(): Promise<void> {
    const { runtime, link } = this.#parts;
    this.#isPoweringOff = true;
    const isAsked = await link.execute('quit', {}, { timeoutMs: END_TIMEOUTS_MS.quit }).then(
      () => true,
      isEndOfConnection, // the process may have ended under the call
    );
    if (isAsked && (await settlesWithin(this.exit, END_TIMEOUTS_MS.quit))) return;
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await killProcess(runtime, signal);
      if (await settlesWithin(this.exit, END_TIMEOUTS_MS[signal])) return;
    }
    this.#isPoweringOff = false;
    throw new InnError('ENGINE_TIMEOUT', `The engine's process ${runtime.pid} does not end, even when killed.`, {
      hint: 'It most likely waits for a disk or a network share of the host; it ends when that answers.',
      details: { pid: runtime.pid },
    });
  }

  /** Waits no longer. */
  close(): void {
    this.#isClosed = true;
    this.#closing.resolve();
  }

  /** Waits for the process to be gone: the end of the connection says when to look, looking says whether it is. */
  async #wait(settle: (exit: Exit) => void): Promise<void> {
    const { runtime, link, onEnd } = this.#parts;
    let pollMs = FIRST_POLL_MS;
    while (await isAlive(runtime)) {
      if (this.#isClosed) return;
      if (link.isConnected) {
        await link.lost();
        pollMs = FIRST_POLL_MS;
      } else {
        await settlesWithin(this.#closing.promise, pollMs);
        pollMs = Math.min(LAST_POLL_MS, pollMs * 2);
        if (pollMs === LAST_POLL_MS) await this.#reconnect();
      }
    }
    onEnd();
    if (!this.#isClosed) settle(await this.#readExit());
  }

  /** The process lives on without a connection: without one, nothing that happens to the machine would be heard. */
  async #reconnect(): Promise<void> {
    const { link, onReconnect } = this.#parts;
    try {
      await link.connect({ timeoutMs: LAST_POLL_MS });
      onReconnect();
    } catch {
      // Not now; `#wait` looks again, and calls tell their callers.
    }
  }

  async #readExit(): Promise<Exit> {
    const { runtime, ended } = this.#parts;
    // The system's report may come a moment after the process is gone, never much later.
    const isReported = ended !== undefined && (await settlesWithin(ended, LAST_POLL_MS));
    const exit = await readExit(runtime.runtimeFolder, isReported ? await ended : undefined);
    return exit.kind === 'crashed' && this.#isPoweringOff ? { kind: 'powerOff' } : exit;
  }
}

/** Not a timeout, and not a refusal in the engine's own words. */
function isEndOfConnection(error: unknown): boolean {
  return error instanceof InnError && error.code === 'ENGINE_FAILED' && error.details?.errorClass === undefined;
}
