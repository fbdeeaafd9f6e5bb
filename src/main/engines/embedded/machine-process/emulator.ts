import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { InnError } from '../../../../shared/errors.ts';
import type { ProcessSpec } from '../process-spec.ts';
import type { DiskBuffer, Emulator } from './emulator-types.ts';
import { installImageDataShim } from './screen/vga-adapter.ts';
import { type EmulatorPlan, INITRD_ADDRESS } from './v86-options.ts';

/** What is used of WebAssembly: TypeScript declares it only together with a browser. */
declare const WebAssembly: {
  instantiate(module: Uint8Array, imports: object): Promise<{ instance: { exports: object } }>;
};

/** The version that `emulator-types.ts` was read from; states are only exchanged between equal versions. */
export const V86_VERSION = '0.5.462';

/** The kernel's file, its initial file system and its command line, as v86 was given them. */
export interface KernelImages {
  kernel: ArrayBuffer;
  initrd: ArrayBuffer | undefined;
}

export interface EmulatorImages {
  bios: ArrayBuffer;
  vgaBios: ArrayBuffer;
  kernel: KernelImages | undefined;
  /** Digests of the images as they were read: the emulator writes into the kernel's header when it starts it. */
  digests: { firmware: string; kernel: string };
}

/**
 * Reads firmware and kernel.
 * @throws InnError `FILE_NOT_FOUND` or `FILE_NOT_ACCESSIBLE`; `INVALID_CONFIG` when the memory is too small for them.
 */
export async function readImages(spec: ProcessSpec): Promise<EmulatorImages> {
  const { kernel } = spec;
  const [bios, vgaBios, kernelFile, initrd] = await Promise.all([
    readImage(spec.biosPath),
    readImage(spec.vgaBiosPath),
    kernel ? readImage(kernel.kernelPath) : undefined,
    kernel?.initrdPath ? readImage(kernel.initrdPath) : undefined,
  ]);
  const neededBytes = initrd ? INITRD_ADDRESS + initrd.byteLength : 0;
  if (neededBytes > spec.memoryMiB * 1024 ** 2) {
    const neededMiB = Math.ceil(neededBytes / 1024 ** 2);
    throw new InnError(
      'INVALID_CONFIG',
      `'${spec.name}' has ${spec.memoryMiB} MB of memory; this kernel with its initial file system needs ${neededMiB} MB.`,
      { hint: `Give the machine at least ${neededMiB} MB.`, details: { neededMiB } },
    );
  }
  const digests = { firmware: digest(bios, vgaBios), kernel: digest(kernelFile, initrd) };
  return { bios, vgaBios, kernel: kernelFile && { kernel: kernelFile, initrd }, digests };
}

function digest(...images: (ArrayBuffer | undefined)[]): string {
  const hash = createHash('sha256');
  for (const image of images) hash.update(new Uint8Array(image ?? new ArrayBuffer(0)));
  return hash.digest('hex').slice(0, 16);
}

async function readImage(path: string): Promise<ArrayBuffer> {
  try {
    const file = await readFile(path);
    return file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer;
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new InnError(isMissing ? 'FILE_NOT_FOUND' : 'FILE_NOT_ACCESSIBLE', `'${path}' cannot be read.`, {
      cause,
      details: { path },
    });
  }
}

/**
 * Builds the emulator; its processor stands still. Drives are not connected yet: see `ide-drives.ts`.
 * @throws when WebAssembly refuses, for want of memory.
 */
export async function createEmulator(plan: EmulatorPlan, images: EmulatorImages): Promise<Emulator> {
  // Without this V8 optimises the module of the interpreter on every processor: twice the time and the memory of a boot.
  setFlagsFromString('--wasm-tier-up-filter=0');
  installImageDataShim();
  const { V86 } = await import('v86');
  const module = await readFile(process.env.INNKEEPER_V86_WASM ?? wasmPath());
  return new Promise((resolve, reject) => {
    const options = {
      ...deviceOptions(plan),
      bios: { buffer: images.bios },
      vga_bios: { buffer: images.vgaBios },
      ...(images.kernel ? { bzimage: { buffer: images.kernel.kernel }, cmdline: plan.commandLine } : {}),
      ...(images.kernel?.initrd ? { initrd: { buffer: images.kernel.initrd } } : {}),
      wasm_fn: async (imports: object) => {
        const { instance } = await WebAssembly.instantiate(module, imports);
        return instance.exports;
      },
    };
    // The declarations of the package know neither own disks nor a machine without a network adapter.
    const emulator = new V86(options as unknown as ConstructorParameters<typeof V86>[0]) as unknown as Emulator;
    const fail = (error: unknown): void => reject(error);
    process.once('unhandledRejection', fail); // v86 builds itself in promises that nobody holds
    emulator.add_listener('emulator-loaded', () => {
      process.off('unhandledRejection', fail);
      resolve(emulator);
    });
  });
}

/** The options without files. An adapter of no type is how v86 is told to have none: left out, it would add its own. */
function deviceOptions({ memoryBytes, videoMemoryBytes, bootOrder, drives, adapter }: EmulatorPlan): object {
  const hasPrimary = drives.some(({ bus, channel }) => bus === 'ide' && channel === 0);
  return {
    memory_size: memoryBytes,
    vga_memory_size: videoMemoryBytes,
    boot_order: bootOrder,
    acpi: true,
    fastboot: true,
    autostart: false,
    disable_keyboard: true,
    disable_mouse: true,
    disable_speaker: true,
    virtio_console: true,
    virtio_balloon: true,
    preserve_mac_from_state_image: true,
    ...(hasPrimary ? { hda: new Placeholder() } : {}),
    net_device: { type: adapter?.model ?? 'none' },
  };
}

function wasmPath(): string {
  return fileURLToPath(new URL('v86.wasm', import.meta.resolve('v86')));
}

/** Stands for a disk until the real drives are connected: v86 has a first IDE channel only if it is given a disk there. */
class Placeholder implements DiskBuffer {
  readonly byteLength = 512;
  onload: (() => void) | undefined;

  load(): void {
    this.onload?.();
  }

  get(_offset: number, length: number, done: (data: Uint8Array) => void): void {
    done(new Uint8Array(length));
  }

  set(_offset: number, _data: Uint8Array, done: () => void): void {
    done();
  }

  get_and_cache(offset: number, length: number, done: (data: Uint8Array) => void): void {
    this.get(offset, length, done);
  }

  get_from_cache(): undefined {}

  get_buffer(done: (buffer: ArrayBuffer | undefined) => void): void {
    done(undefined);
  }

  get_state(): unknown[] {
    return [];
  }

  set_state(): void {}
}
