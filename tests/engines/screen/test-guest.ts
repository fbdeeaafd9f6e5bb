import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import type { Emulator } from '../../../src/main/engines/embedded/machine-process/emulator-types.ts';
import { createDisplay, type Display } from '../../../src/main/engines/embedded/machine-process/screen/display.ts';
import { installImageDataShim } from '../../../src/main/engines/embedded/machine-process/screen/vga-adapter.ts';
import { type DecodedPng, decodePng } from './png-decoder.ts';

const RESOURCES = fileURLToPath(new URL('../../../resources/', import.meta.url));

/** A guest in this process with a display: no disks, no network. */
export class TestGuest {
  readonly emulator: Emulator & { destroy(): Promise<void> };
  readonly display: Display;
  readonly #folder: string;
  serial = '';
  #onSerial: (() => void) | undefined;

  private constructor(emulator: TestGuest['emulator'], display: Display, folder: string) {
    this.emulator = emulator;
    this.display = display;
    this.#folder = folder;
    emulator.add_listener('serial0-output-byte', (byte) => {
      this.serial += String.fromCharCode(byte);
      this.#onSerial?.();
    });
  }

  static async boot(options: object): Promise<TestGuest> {
    setFlagsFromString('--wasm-tier-up-filter=0');
    installImageDataShim();
    const { V86 } = await import('v86');
    const display = createDisplay();
    const emulator = new V86({
      wasm_path: fileURLToPath(new URL('v86.wasm', import.meta.resolve('v86'))),
      bios: { buffer: await fileBuffer('firmware/seabios.bin') },
      vga_bios: { buffer: await fileBuffer('firmware/vgabios-stdvga.bin') },
      memory_size: 128 * 1024 ** 2,
      vga_memory_size: 16 * 1024 ** 2,
      acpi: true,
      fastboot: true,
      autostart: true,
      disable_keyboard: true,
      disable_mouse: true,
      disable_speaker: true,
      ...options,
      // The package declares neither its bus nor its devices.
    }) as unknown as TestGuest['emulator'];
    const guest = new TestGuest(emulator, display, await mkdtemp(join(tmpdir(), 'guest-')));
    await new Promise<void>((resolve) => {
      emulator.add_listener('emulator-ready', () => {
        display.attach(emulator);
        resolve();
      });
    });
    return guest;
  }

  static async fromFloppy(image: Uint8Array): Promise<TestGuest> {
    return TestGuest.boot({ fda: { buffer: image.buffer }, boot_order: 0x321 });
  }

  static async demo(): Promise<TestGuest> {
    const commandLine = await readFile(join(RESOURCES, 'demo-guest/cmdline'), 'utf8');
    return TestGuest.boot({
      bzimage: { buffer: await fileBuffer('demo-guest/bzImage') },
      initrd: { buffer: await fileBuffer('demo-guest/initrd.gz') },
      cmdline: commandLine.trim(),
    });
  }

  /** Where `listen` opens the screen's socket. */
  get socketPath(): string {
    return join(this.#folder, 'screen.sock');
  }

  async waitForSerial(text: string): Promise<void> {
    while (!this.serial.includes(text)) {
      await new Promise<void>((resolve) => {
        this.#onSerial = resolve;
      });
    }
  }

  async screenshot(): Promise<DecodedPng> {
    return decodePng((await this.display.screenshot()).png);
  }

  /** The text screen without blanks at the ends of lines. */
  text(): string {
    const lines = this.emulator.screen_adapter.get_text_screen();
    return lines.map((line) => line.trimEnd()).join('\n');
  }

  async close(): Promise<void> {
    await this.display.close();
    await this.emulator.destroy();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function fileBuffer(name: string): Promise<ArrayBuffer> {
  const file = await readFile(join(RESOURCES, name));
  return file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer;
}
