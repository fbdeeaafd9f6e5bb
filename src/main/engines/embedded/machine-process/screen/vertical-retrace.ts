import type { Emulator } from '../emulator-types.ts';
import type { VgaDevice } from './vga-types.ts';

/** A VGA draws 70 pictures a second in most of its modes. */
const RETRACE_PERIOD_MS = 1000 / 70;
const INPUT_STATUS_PORT = 0x3da;

/** What v86's VGA device offers beyond the declared part, read from version 0.5.462. */
interface RetraceDevice extends VgaDevice {
  /** Shows the retrace to the guest and takes over a new start address (page flip). */
  update_vertical_retrace(): void;
  port3DA_read(): number;
}

/**
 * Lets the vertical retrace come by the clock when the guest looks at it. v86 raises it only when its picture is
 * fetched, so that without a viewer a program which waits for the retrace in a graphics mode would wait for ever. In
 * text modes v86 toggles it at each read. An idle guest costs nothing: there is no timer.
 */
export function installVerticalRetrace(emulator: Emulator): void {
  const { vga, io } = { vga: emulator.v86.cpu.devices.vga as RetraceDevice, io: emulator.v86.cpu.io };
  let lastRetraceMs = 0;
  io.register_read(INPUT_STATUS_PORT, vga, () => {
    if (vga.graphical_mode) {
      const now = performance.now();
      if (now - lastRetraceMs >= RETRACE_PERIOD_MS) {
        lastRetraceMs = now;
        vga.update_vertical_retrace();
      }
    }
    return vga.port3DA_read();
  });
}

/** Takes over a page flip that no retrace showed yet. */
export function showPageFlip(device: VgaDevice): void {
  const vga = device as RetraceDevice;
  if (vga.start_address !== vga.start_address_latched) vga.update_vertical_retrace();
}
