import type { VgaDevice } from './vga-types.ts';

/** What v86's VGA device offers beyond the declared part, read from version 0.5.462. */
interface TextDevice extends VgaDevice {
  /** Character and attribute bytes of the text screen, at the addresses that the guest writes to. */
  readonly vga_memory: Uint8Array;
  vga_memory_write_text_mode(address: number, value: number): void;
}

/**
 * Keeps the device from reporting each character that the guest writes, and the whole screen for each line that it
 * scrolls: that took half of the processor's time of a guest that prints much. `onWrite` is called instead.
 *
 * @returns a function that has the device report its whole text screen.
 */
export function deferText(device: VgaDevice, onWrite: () => void): () => void {
  const vga = device as TextDevice;
  const original = Object.getPrototypeOf(vga) as TextDevice;
  vga.text_mode_redraw = onWrite;
  vga.vga_memory_write_text_mode = (address, value) => {
    vga.vga_memory[address] = value;
    onWrite();
  };
  return () => original.text_mode_redraw.call(vga);
}
