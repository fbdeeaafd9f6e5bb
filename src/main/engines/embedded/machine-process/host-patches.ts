import type { KernelImages } from './emulator.ts';
import type { AcpiDevice, Emulator } from './emulator-types.ts';

/** PIIX4 power management registers at v86's base 0xb000 (Intel 82371AB, 7.2; ACPI 6.5, 4.8.3). */
const PM1_CONTROL = 0xb004;
const SLEEP_ENABLE = 0x2000;
const POWER_BUTTON = 0x100;
const TIMER_OVERFLOW = 0x1;
const GLOBAL_LOCK = 0x20;
const ACPI_INTERRUPT = 9;
/** PCI hot-plug registers that the DSDT of QEMU's PIIX4, and so of SeaBIOS, reads. */
const HOTPLUG_PORTS = { start: 0xae00, end: 0xae18 };

/** Where v86 puts a Linux kernel (its `load_kernel`). */
const KERNEL_SETUP = { start: 0x80000, end: 0xa0000 };
const KERNEL_ADDRESS = 0x100000;
const INITRD_ADDRESS = 0x4000000;

/**
 * Ports nobody answers read as all ones, and a guest's ACPI hot-plug driver takes that for an order to eject the network
 * card and the disks. Zero means: nothing to do.
 */
export function patchPciHotplug({ v86: { cpu } }: Emulator): void {
  const zero = (): number => 0;
  for (let port = HOTPLUG_PORTS.start; port < HOTPLUG_PORTS.end; port += 4) {
    cpu.io.register_read(port, {}, zero, zero, zero);
    cpu.io.register_write(port, {}, zero, zero, zero);
  }
}

/** Tells when the guest asks for a sleep state; 0 is S5, off, with the tables of SeaBIOS. v86 ignores it. */
export function patchSoftOff({ v86: { cpu } }: Emulator, onSleep: (type: number) => void): void {
  const { acpi } = cpu.devices;
  cpu.io.register_write(PM1_CONTROL, acpi, undefined, (value) => {
    acpi.status = value;
    if (value & SLEEP_ENABLE) onSleep((value >> 10) & 7);
  });
}

/** Gives the guest a power button, and returns what presses it. */
export function patchPowerButton({ v86: { cpu } }: Emulator): () => void {
  const { acpi } = cpu.devices;
  const timer = acpi.timer;
  // v86 lowers the interrupt on each turn, whether the guest has seen its cause or not.
  acpi.timer = function (this: AcpiDevice, now) {
    const delay = timer.call(this, now);
    if (this.pm1_status & this.pm1_enable & (POWER_BUTTON | GLOBAL_LOCK | TIMER_OVERFLOW)) {
      cpu.device_raise_irq(ACPI_INTERRUPT);
    }
    return delay;
  };
  return () => {
    acpi.pm1_status |= POWER_BUTTON;
    if (acpi.pm1_enable & POWER_BUTTON) cpu.device_raise_irq(ACPI_INTERRUPT);
  };
}

/**
 * Tells of every reset, and puts a directly started kernel back in memory first: v86 only reloads the firmware, and the
 * kernel has long overwritten itself. Call it before the guest has run.
 */
export function patchReset({ v86: { cpu } }: Emulator, images: KernelImages | undefined, onReset: () => void): void {
  const setup = images && cpu.mem8.slice(KERNEL_SETUP.start, KERNEL_SETUP.end);
  const reset = cpu.reboot_internal;
  cpu.reboot_internal = () => {
    reset.call(cpu);
    if (images && setup) {
      cpu.write_blob(setup, KERNEL_SETUP.start);
      cpu.write_blob(protectedModeCode(images.kernel), KERNEL_ADDRESS);
      if (images.initrd) cpu.write_blob(new Uint8Array(images.initrd), INITRD_ADDRESS);
    }
    onReset();
  };
}

/** The part of a kernel file after its real-mode sectors (Linux, Documentation/arch/x86/boot.rst, `setup_sects`). */
function protectedModeCode(kernel: ArrayBuffer): Uint8Array {
  const setupSectors = new Uint8Array(kernel)[0x1f1] || 4;
  return new Uint8Array(kernel, (setupSectors + 1) * 512);
}
