/** Names of the files in a machine's runtime folder (mode 0700) that every engine uses; see docs/machine-process.md. */
export const RUNTIME_FILES = {
  /** What the engine told the process to do. */
  orders: 'machine.json',
  /** Control, for the one core that owns the machine. */
  qmp: 'qmp.sock',
  /** A second monitor, for recovery and tools. */
  monitor: 'monitor.sock',
  screen: 'screen.sock',
  serial: 'serial.sock',
  /** Socket of an adapter's Ethernet frames: 4-byte big-endian length, then the frame. */
  frames: (index: number): string => `net${index}.sock`,
  /** Where devices sit in a machine to which some were added while it ran. */
  places: 'places.json',
  /** The line to an agent in the guest. */
  guestAgent: 'agent.sock',
  /** Written by QEMU as long as it lives. */
  pid: 'qemu.pid',
  /** What QEMU's third monitor is told; its answers and all events go to `EVENTS_FILE`. */
  eventsInput: 'events.in',
  /** Symbolic link to what the guest has written to its first serial port. */
  serialOutput: 'serial.out',
  /** Execution cap of a QEMU, in percent: the program enforces it, and the next one goes on. */
  cpuLimit: 'cpu-limit',
  /** Control of the TPM: the program that is the chip listens here for QEMU. */
  tpm: 'tpm.sock',
  /** A saved state on its way into QEMU or out of it. */
  migration: 'state.sock',
  /** Disks that are out of their drives while QEMU saves a state; see `parked-disks.ts`. */
  parkedDisks: 'parked-disks',
  /** A screenshot on its way out of QEMU. */
  screenshot: 'screen.image',
} as const;

/** Name of the log of a machine's process in the logs folder of the machine. */
export const PROCESS_LOG = 'machine.log';
