import * as z from 'zod';

/** Limits of the document itself; an engine's own limits are in its capabilities. */
export const LIMITS = {
  memoryMiB: { min: 4, max: 2_097_152 },
  processors: { min: 1, max: 64 },
  capPercent: { min: 1, max: 100 },
  videoMemoryMiB: { min: 1, max: 256 },
  adapters: 8,
  nameLength: 100,
} as const;

export const Processors = z.object({
  count: z.int().min(LIMITS.processors.min).max(LIMITS.processors.max),
  /** Execution cap: the share of host processor time that each virtual processor may use, in percent. */
  capPercent: z.int().min(LIMITS.capPercent.min).max(LIMITS.capPercent.max),
});
export type Processors = z.infer<typeof Processors>;

export const BootDevice = z.enum(['floppy', 'optical', 'disk', 'network']);
export type BootDevice = z.infer<typeof BootDevice>;

export const Display = z.object({
  videoMemoryMiB: z.int().min(LIMITS.videoMemoryMiB.min).max(LIMITS.videoMemoryMiB.max),
});
export type Display = z.infer<typeof Display>;

/** Direct start of a Linux kernel, past firmware and boot order. */
export const KernelBoot = z.discriminatedUnion('source', [
  /** The guest that comes with the program. */
  z.object({ source: z.literal('demo') }),
  z.object({
    source: z.literal('files'),
    kernelPath: z.string().min(1),
    initrdPath: z.string().min(1).nullable(),
    commandLine: z.string().max(2047),
  }),
]);
export type KernelBoot = z.infer<typeof KernelBoot>;

export const Chipset = z.enum(['i440fx', 'q35']);
export type Chipset = z.infer<typeof Chipset>;

/** What the virtual board carries; the words of VirtualBox's Motherboard page. */
export const Motherboard = z.object({
  chipset: Chipset,
  firmware: z.enum(['bios', 'uefi']),
  /** UEFI refuses to start what nobody trusted has signed; only with `uefi`. */
  isSecureBoot: z.boolean(),
  /** A TPM 2.0 with a state of its own. */
  hasTpm: z.boolean(),
  /** What happens when the guest stops feeding its watchdog; `none`: the board has no such timer. */
  watchdog: z.enum(['none', 'reset', 'powerOff', 'pause']),
});
export type Motherboard = z.infer<typeof Motherboard>;

export const AudioCard = z.enum(['none', 'hda', 'ac97', 'sb16']);
export type AudioCard = z.infer<typeof AudioCard>;

/** `none`: the machine has no sound card, or its sound goes nowhere. */
export const Audio = z.object({
  card: AudioCard,
  hasOutput: z.boolean(),
  hasInput: z.boolean(),
});
export type Audio = z.infer<typeof Audio>;
