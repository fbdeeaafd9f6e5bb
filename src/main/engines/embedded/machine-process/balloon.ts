import type { Emulator } from './emulator-types.ts';
import { PAGE_BYTES, PageRelease } from './page-release.ts';
import type { VirtioBalloon } from './virtio-types.ts';

/** Queues of a balloon (VIRTIO 1.2, 5.5.2). */
const QUEUES = { inflate: 0, deflate: 1, statistics: 2 };
/** A guest is not asked for statistics more often than this, in milliseconds. */
const STATISTICS_AGE_MS = 5_000;

export interface BalloonStatistics {
  /** Bytes; null: the guest does not tell. */
  freeBytes: number | null;
  availableBytes: number | null;
  /** Seconds since 1970; 0: the guest has said nothing yet. */
  updatedAt: number;
}

/**
 * The memory balloon of the guest (VIRTIO 1.2, 5.5). v86 counts the pages that the guest gives away and does nothing with
 * them; here they go back to the host.
 */
export class Balloon {
  readonly #emulator: Emulator;
  readonly #isRunning: () => boolean;
  readonly #pages: PageRelease;
  #statistics: BalloonStatistics = { freeBytes: null, availableBytes: null, updatedAt: 0 };
  #askedAt = -STATISTICS_AGE_MS;

  /** @param isRunning false while nothing may be written to the guest's memory */
  constructor(emulator: Emulator, isRunning: () => boolean) {
    this.#emulator = emulator;
    this.#isRunning = isRunning;
    this.#pages = new PageRelease(emulator.v86.cpu);
    this.#listen(QUEUES.inflate, (pages) => this.#pages.release(pages));
    this.#listen(QUEUES.deflate, (pages) => this.#pages.take(pages));
  }

  /** Memory that the guest has, as it says itself, in bytes. */
  get actualBytes(): number {
    return this.#totalBytes - this.#device.actual * PAGE_BYTES;
  }

  /** Asks the guest to do with so many bytes. It hears of it when it has a driver, be it only later. */
  setTarget(bytes: number): void {
    const wanted = Math.max(0, this.#totalBytes - bytes);
    const device = this.#device;
    device.Inflate(Math.floor(wanted / PAGE_BYTES) - device.num_pages);
  }

  /** What the guest said last; asks it anew when that is some seconds old. */
  statistics(): BalloonStatistics {
    const { queues } = this.#device.virtio;
    const isDue = performance.now() - this.#askedAt >= STATISTICS_AGE_MS;
    if (isDue && this.#isRunning() && queues[QUEUES.statistics]?.is_configured()) {
      this.#askedAt = performance.now();
      this.#device.GetStats(({ MEMFREE = null, AVAIL = null }) => {
        this.#statistics = { freeBytes: MEMFREE, availableBytes: AVAIL, updatedAt: Math.floor(Date.now() / 1000) };
      });
    }
    return this.#statistics;
  }

  get #device(): VirtioBalloon {
    const device = this.#emulator.v86.cpu.devices.virtio_balloon;
    if (!device) throw new Error('The emulator was built without a balloon.');
    return device;
  }

  get #totalBytes(): number {
    return this.#emulator.v86.cpu.memory_size[0] ?? 0;
  }

  /** Tells which pages v86 reads from the queue, while it reads them. */
  #listen(index: number, onPages: (pages: Uint32Array) => void): void {
    const queue = this.#device.virtio.queues[index];
    if (!queue) return;
    const pop = queue.pop_request;
    queue.pop_request = () => {
      const request = pop.call(queue);
      const read = request.get_next_blob;
      request.get_next_blob = (target) => {
        const length = read.call(request, target);
        onPages(new Uint32Array(target.buffer, target.byteOffset, target.byteLength >> 2));
        return length;
      };
      return request;
    };
  }
}
