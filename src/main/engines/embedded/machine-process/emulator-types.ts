import type { ScreenAdapter, VgaDevice } from './screen/vga-types.ts';
import type { VirtioBalloon, VirtioConsole, VirtioNetworkDevice } from './virtio-types.ts';

/**
 * The running instance of the npm package `v86`, version 0.5.462, as far as this program touches it. The package's own
 * declarations stop at its documented surface; what is declared here beyond it was read from the shipped build, whose
 * property names are not mangled. A new version of v86 has to be read again before it is taken.
 */
export interface Emulator {
  /** Host side of the bus between host and devices: sends to devices, hears what they send. */
  readonly bus: EmulatorBus;
  /** The processor's loop. Present once the emulator is ready. */
  readonly v86: EmulatorLoop;
  /** Receives `pause` and `continue` with the processor; replaced together with `v86.cpu.devices.vga.screen`. */
  screen_adapter: ScreenAdapter;
  add_listener<E extends keyof EmulatorEvents>(event: E, listener: (argument: EmulatorEvents[E]) => void): void;
  remove_listener<E extends keyof EmulatorEvents>(event: E, listener: (argument: EmulatorEvents[E]) => void): void;
  get_instruction_counter(): number;
  is_running(): boolean;
}

/** What devices tell the host. */
export interface EmulatorEvents {
  'emulator-ready': undefined;
  'emulator-loaded': undefined;
  'emulator-started': undefined;
  'emulator-stopped': undefined;
  'serial0-output-byte': number;
  'net0-send': Uint8Array;
  'virtio-console0-output-bytes': Uint8Array;
  /** The guest switched the PS/2 mouse's reporting on or off. */
  'mouse-enable': boolean;
  /** The guest's driver asked for absolute coordinates, or went back to relative ones. */
  'vmware-absolute-mouse': boolean;
}

/** What the host tells devices. */
export interface EmulatorInputs {
  'serial0-input': number;
  'net0-receive': Uint8Array;
  'virtio-console0-input-bytes': Uint8Array;
  /** One byte of scan code set 1, as the keyboard's wire carries it. */
  'keyboard-code': number;
  /** Horizontal and vertical movement; up is positive. */
  'mouse-delta': [dx: number, dy: number];
  'mouse-absolute': [x: number, y: number, width: number, height: number];
  'mouse-click': [left: boolean, middle: boolean, right: boolean];
  'mouse-wheel': [deltaY: number, deltaX: number];
  /** True: the VMware mouse sends relative movement. */
  'mouse-pointer-lock': boolean;
}

export interface EmulatorBus {
  send<I extends keyof EmulatorInputs>(input: I, value: EmulatorInputs[I]): void;
  register<E extends keyof EmulatorEvents>(event: E, listener: (value: EmulatorEvents[E]) => void, self?: object): void;
}

/** Device side of the bus. */
export interface DeviceBus {
  send(event: 'emulator-stopped'): void;
}

export interface EmulatorLoop {
  readonly bus: DeviceBus;
  readonly cpu: EmulatorCpu;
  running: boolean;
  stopping: boolean;
  tick_counter: number;
  run(): void;
  stop(): void;
  /** One turn of the processor, about a millisecond of guest; schedules the next one. */
  do_tick(): void;
  /** Schedules the next turn in `delayMs`; a turn whose number is no longer `tick_counter` is dropped. */
  yield(delayMs: number, tick: number): void;
  save_state(): ArrayBuffer;
  restore_state(state: ArrayBuffer): void;
}

export interface EmulatorCpu {
  readonly io: EmulatorPorts;
  readonly devices: EmulatorDevices;
  readonly wasm_memory: { readonly buffer: ArrayBuffer };
  /** All of the guest's memory. */
  readonly mem8: Uint8Array;
  readonly memory_size: Int32Array;
  readonly svga_dirty_bitmap_min_offset: Uint32Array;
  readonly svga_dirty_bitmap_max_offset: Uint32Array;
  readonly in_hlt: Uint8Array;
  readonly instruction_counter: Int32Array;
  /** Reset as by the reset button; also what the guest's own reboot ends in. */
  reboot_internal(): void;
  /** Writes guest memory, and drops what was compiled from there. */
  write_blob(data: Uint8Array, address: number): void;
  /** True when all bytes are zero. */
  is_memory_zeroed(address: number, length: number): boolean | number;
  /** Pages that are not empty, one bit per page in the lowest first order, and their contents one after another. */
  pack_memory(): { bitmap: { get_buffer(): ArrayBuffer }; packed_memory: Uint8Array };
  unpack_memory(bitmap: { get(page: number): number }, contents: Uint8Array): void;
  /** Fills guest memory with zeros. */
  zero_memory(address: number, length: number): void;
  device_raise_irq(line: number): void;
  device_lower_irq(line: number): void;
}

type PortRead = ((this: object) => number) | undefined;
type PortWrite = ((this: object, value: number) => void) | undefined;

export interface EmulatorPorts {
  register_read(port: number, device: object, read8: PortRead, read16?: PortRead, read32?: PortRead): void;
  register_write(port: number, device: object, write8: PortWrite, write16?: PortWrite, write32?: PortWrite): void;
}

/** A device on the PCI bus: 64 bytes of configuration, and the sizes of its address ranges. */
export interface PciDevice {
  readonly name: string;
  /** Slot times eight. */
  readonly pci_id: number;
  readonly pci_space: number[];
  readonly pci_bars: { size: number }[];
}

export interface EmulatorDevices {
  readonly pci: { register_device(device: PciDevice): void };
  readonly vga: VgaDevice;
  readonly acpi: AcpiDevice;
  readonly rtc: RtcDevice;
  readonly ide: { readonly primary?: IdeChannel; readonly secondary?: IdeChannel };
  readonly cdrom?: IdeDrive;
  readonly fdc: { readonly drives: readonly FloppyDrive[] };
  readonly net?: NetworkDevice;
  readonly virtio_net?: VirtioNetworkDevice;
  readonly virtio_console?: VirtioConsole;
  readonly virtio_balloon?: VirtioBalloon;
  readonly uart0: SerialDevice;
  readonly vmware?: { readonly enabled: boolean; readonly absolute: boolean };
  readonly ps2: { readonly mouse_stream?: boolean; readonly use_mouse?: boolean };
}

/** PIIX4 power management (Intel 82371AB data sheet, 7.2), as far as v86 has it. */
export interface AcpiDevice {
  status: number;
  pm1_status: number;
  pm1_enable: number;
  timer(now: number): number;
}

export interface RtcDevice {
  /** Milliseconds since 1970 that the clock shows, and when it was last brought forward. */
  rtc_time: number;
  last_update: number;
  cmos_write(register: number, value: number): void;
}

export interface IdeChannel {
  readonly master: IdeDrive;
  readonly slave: IdeDrive;
}

export interface IdeDrive {
  readonly name: string;
  is_atapi: boolean;
  drive_connected: boolean;
  sector_size: number;
  head_count: number;
  current_command: number;
  buffer: DiskBuffer | null;
  status_reg: number;
  error_reg: number;
  readonly data: Uint8Array;
  set_disk_buffer(buffer: DiskBuffer): void;
  device_reset(): void;
  ata_command(command: number): void;
  ata_abort_command(): void;
  push_irq(): void;
  set_cdrom(buffer: DiskBuffer): void;
  eject(): void;
}

export interface FloppyDrive {
  read_only: boolean;
  insert_disk(buffer: DiskBuffer | Uint8Array, isReadOnly?: boolean): boolean;
  eject_disk(): void;
}

export interface SerialDevice {
  /** Bytes that the guest has not fetched yet; v86 sets no limit. */
  readonly input: readonly number[];
  /** The line under way, kept for a debug log; grows for ever when a guest sends no line feed. */
  current_line: string;
}

export interface NetworkDevice {
  mac: Uint8Array;
  /** The card's own memory; the first 12 bytes are the address, each octet twice. */
  readonly memory: Uint8Array;
}

/** What v86 asks of a disk that is not its own (version 0.5.462, `src/buffer.js`). */
export interface DiskBuffer {
  readonly byteLength: number;
  onload: (() => void) | undefined;
  onprogress?: ((progress: unknown) => void) | undefined;
  load(): void;
  get(offset: number, length: number, done: (data: Uint8Array) => void): void;
  set(offset: number, data: Uint8Array, done: () => void): void;
  get_and_cache(offset: number, length: number, done: (data: Uint8Array) => void): void;
  /** Synchronous; undefined when the bytes are not at hand. */
  get_from_cache(offset: number, length: number): Uint8Array | undefined;
  get_buffer(done: (buffer: ArrayBuffer | undefined) => void): void;
  get_state(): unknown[];
  set_state(state: unknown[]): void;
}
