import type { BlockDevice } from '../../src/main/media/formats/block-device.ts';
import { type DiskAction, patternBytes } from './image-suite.ts';
import type { FailingFile } from './power-failure.ts';

/** What the disk may hold after a failure: what was flushed last, or for each byte anything that was written since. */
export class Expectation {
  readonly #current: Buffer;
  /** Contents at each flush, and everything that was written before the next one. */
  readonly #epochs: { afterStep: number; flushed: Buffer; writes: { offset: number; data: Uint8Array }[] }[];

  constructor(before: Uint8Array) {
    this.#current = Buffer.from(before);
    this.#epochs = [{ afterStep: 0, flushed: Buffer.from(before), writes: [] }];
  }

  write(offset: number, data: Uint8Array): void {
    this.#current.set(data, offset);
    this.#epochs.at(-1)?.writes.push({ offset, data });
  }

  flushed(afterStep: number): void {
    this.#epochs.push({ afterStep, flushed: Buffer.from(this.#current), writes: [] });
  }

  /** The first byte that cannot be there after so many steps, or undefined. */
  firstWrong(seen: Buffer, done: number): string | undefined {
    const first = this.#epochs.findLastIndex(({ afterStep }) => afterStep <= done);
    const since = this.#epochs.slice(first);
    const flushed = this.#epochs[first]?.flushed ?? Buffer.alloc(0);
    for (const [at, byte] of seen.entries()) {
      if (byte === flushed[at]) continue;
      const isLater = since.some(({ writes }) =>
        writes.some(({ offset, data }) => at >= offset && at < offset + data.length && data[at - offset] === byte),
      );
      if (!isLater) return `byte ${at} is ${byte}, and was ${flushed[at]} when flushed`;
    }
    return undefined;
  }
}

const FLUSH: DiskAction = { do: 'flush' };

/** Does the actions and flushes after every third, and keeps what is to be expected. */
export async function playFlushing(
  device: BlockDevice,
  failing: FailingFile,
  actions: readonly DiskAction[],
  expected: Expectation,
) {
  for (const action of actions.flatMap((each, index) => (index % 3 === 2 ? [each, FLUSH] : [each]))) {
    if (action.do === 'write') {
      const data = patternBytes(action.length, action.fill);
      expected.write(action.offset, data);
      await device.write(action.offset, data);
    } else if (action.do === 'discard') {
      expected.write(action.offset, Buffer.alloc(action.length));
      await device.discard(action.offset, action.length);
      const seen = Buffer.alloc(action.length);
      await device.read(action.offset, seen);
      expected.write(action.offset, seen);
    } else {
      await device.flush();
      expected.flushed(failing.steps.length);
    }
  }
}
