import type { Emulator } from './emulator-types.ts';

/**
 * Puts the guest's clock right after it stood still: the CMOS clock, for guests that look at it, and a line
 * `time <seconds since 1970>` on the virtio console (hvc0), for guests that listen there as the demo guest does. The line
 * is said twice: at once, and when a second begins, since most guests can only set whole seconds.
 */
export class GuestClock {
  readonly #emulator: Emulator;
  #timer: NodeJS.Timeout | undefined;

  constructor(emulator: Emulator) {
    this.#emulator = emulator;
  }

  /** Call it while the guest stands still, right before it goes on. */
  correct(): void {
    const { rtc } = this.#emulator.v86.cpu.devices;
    rtc.rtc_time = Date.now();
    rtc.last_update = Date.now();
    this.#tell();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(), 1000 - (Date.now() % 1000));
    this.#timer.unref();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #tell(): void {
    const line = `time ${(Date.now() / 1000).toFixed(3)}\n`;
    this.#emulator.bus.send('virtio-console0-input-bytes', new TextEncoder().encode(line));
  }
}
