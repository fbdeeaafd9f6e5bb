import type { Emulator } from './emulator-types.ts';

/** QEMU, docs/specs/pvpanic: the guest writes what has happened to it into one register. */
const VENDOR = 0x1b36;
const DEVICE = 0x0011;
const PANICKED = 1;
/** A port and a place on the bus that v86 leaves free. The firmware may move the port. */
const PORT = 0xd200;
const PORT_COUNT = 4;
const SLOT = 0x1d;

/**
 * Adds the device by which a guest tells that its kernel has given up; Linux has a driver for it (pvpanic-pci). The
 * specification has the register in memory; v86 can only move ports, and drivers take either.
 */
export function addPanicDevice({ v86: { cpu } }: Emulator, onPanic: () => void): void {
  const device = {
    name: 'pvpanic',
    pci_id: SLOT << 3,
    pci_space: configurationSpace(),
    pci_bars: [{ size: PORT_COUNT }],
  };
  const read = (): number => PANICKED;
  const ignore = (): void => {};
  for (let port = PORT; port < PORT + PORT_COUNT; port += 1) {
    cpu.io.register_read(port, device, read, read, read);
    cpu.io.register_write(port, device, ignore, ignore, ignore);
  }
  cpu.io.register_write(PORT, device, (value) => {
    if (value & PANICKED) onPanic();
  });
  cpu.devices.pci.register_device(device);
}

/** PCI Local Bus Specification 3.0, 6.1: vendor, device, I/O enabled, class "other system peripheral", one port range. */
function configurationSpace(): number[] {
  const space = Buffer.alloc(64);
  space.writeUInt16LE(VENDOR, 0x00);
  space.writeUInt16LE(DEVICE, 0x02);
  space.writeUInt16LE(0x0001, 0x04);
  space.writeUInt16LE(0x0880, 0x0a);
  space.writeUInt32LE(PORT | 1, 0x10);
  space.writeUInt32LE(0x1100_1af4, 0x2c);
  return [...space];
}
