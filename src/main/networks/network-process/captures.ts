import { InnError } from '../../../shared/errors.ts';
import type { VirtualSwitch } from '../switch/virtual-switch.ts';
import { Capture, type CaptureOptions } from './capture.ts';

export interface CaptureState extends CaptureOptions {
  id: string;
  frames: number;
  bytes: number;
  /** Why it ended by itself; null while it goes on. */
  failure: string | null;
}

/** The captures of one network. */
export class Captures {
  readonly #switch: VirtualSwitch;
  readonly #captures = new Map<string, Capture>();
  readonly #onFailure: (id: string) => void;

  /** @param onFailure told of each that ends by itself */
  constructor(network: VirtualSwitch, onFailure: (id: string) => void) {
    this.#switch = network;
    this.#onFailure = onFailure;
  }

  /** @throws InnError `CONFLICT`, `FILE_NOT_ACCESSIBLE` */
  start(id: string, options: CaptureOptions): void {
    if (this.#captures.has(id)) throw new InnError('CONFLICT', `The capture '${id}' is running already.`);
    try {
      this.#captures.set(id, new Capture(this.#switch, options, () => this.#onFailure(id)));
    } catch (cause) {
      throw new InnError('FILE_NOT_ACCESSIBLE', `The file '${options.path}' could not be made.`, {
        hint: 'Choose a file in a folder that you may write to.',
        details: { path: options.path },
        cause,
      });
    }
  }

  /** @returns what it was at its end; undefined when there is no such capture */
  stop(id: string): CaptureState | undefined {
    const capture = this.#captures.get(id);
    if (!capture) return undefined;
    capture.stop();
    this.#captures.delete(id);
    return stateOf(id, capture);
  }

  list(): CaptureState[] {
    return [...this.#captures].map(([id, capture]) => stateOf(id, capture));
  }

  close(): void {
    for (const id of [...this.#captures.keys()]) this.stop(id);
  }
}

function stateOf(id: string, { options, frames, bytes, failure }: Capture): CaptureState {
  return { id, ...options, frames, bytes, failure: failure ?? null };
}
