import { log } from '../../../processes/process-log.ts';
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

  /**
   * v86 does not look whether the guest has a driver for the console. Without one it would take what lies at address 0 for
   * the queue, and write the line to wherever that points.
   */
  #tell(): void {
    const { virtio_console: port } = this.#emulator.v86.cpu.devices;
    if (!port?.virtio.queues[0]?.is_configured()) return;
    const line = `time ${(Date.now() / 1000).toFixed(3)}\n`;
    try {
      this.#emulator.bus.send('virtio-console0-input-bytes', new TextEncoder().encode(line));
    } catch (error) {
      log('the guest could not be told the time', error); // its queue points nowhere, which must not stop the machine
    }
  }
}
