import * as z from 'zod';
import { MachineState, StateReason } from '../machine-state.ts';
import { EngineChoice, EngineId } from './engine.ts';
import { Audio, BootDevice, Display, KernelBoot, LIMITS, Motherboard, Processors } from './hardware.ts';
import { NetworkAdapter } from './network.ts';
import { Resources, USUAL_RESOURCES } from './resources.ts';
import { StorageController } from './storage.ts';

export const MachineId = z.uuid().brand<'MachineId'>();
export type MachineId = z.infer<typeof MachineId>;

/** No control characters, no slash; not blank. The name also names the machine's folder on screen, never on disk. */
export const MachineName = z
  .string()
  .trim()
  .min(1, 'A machine needs a name.')
  .max(LIMITS.nameLength, `A name has at most ${LIMITS.nameLength} characters.`)
  .refine((name) => !/[\p{Cc}/\\]/u.test(name), 'A name has no slashes and no control characters.');
export type MachineName = z.infer<typeof MachineName>;

/** Fields that came later: what a document without them means. */
export const USUAL_HARDWARE = {
  motherboard: { chipset: 'i440fx', firmware: 'bios', isSecureBoot: false, hasTpm: false, watchdog: 'none' },
  audio: { card: 'none', hasOutput: true, hasInput: false },
  resources: USUAL_RESOURCES,
} satisfies { motherboard: Motherboard; audio: Audio; resources: Resources };

/** The configuration document of a machine: the one description that form, contract, database and engines share. */
export const MachineConfig = z.object({
  name: MachineName,
  /** Id of a guest OS preset in `os-types.ts`. */
  osType: z.string().min(1).max(50),
  description: z.string().max(10_000),
  /** Path of the group in the list, `/` for none; `/Lab/Web` is nested. */
  group: z
    .string()
    .regex(/^\/([^/]+(\/[^/]+)*)?$/, 'A group is a path such as /Lab/Web.')
    .max(500),
  engine: EngineChoice,
  processors: Processors,
  memoryMiB: z.int().min(LIMITS.memoryMiB.min).max(LIMITS.memoryMiB.max),
  bootOrder: z
    .array(BootDevice)
    .max(4)
    .refine((order) => new Set(order).size === order.length, 'Each boot device stands once.'),
  kernelBoot: KernelBoot.nullable(),
  display: Display,
  motherboard: Motherboard.default(USUAL_HARDWARE.motherboard),
  audio: Audio.default(USUAL_HARDWARE.audio),
  resources: Resources.default(USUAL_RESOURCES),
  storage: z.array(StorageController).max(8),
  adapters: z.array(NetworkAdapter).max(LIMITS.adapters),
  /** Keeps the state of the booted guest after a boot, so that the next start is instant. */
  keepsWarmStart: z.boolean(),
  /** A machine to be cloned: it is kept as it is, so it cannot be started. */
  isTemplate: z.boolean().default(false),
});
export type MachineConfig = z.infer<typeof MachineConfig>;

/** One finding about a configuration. Errors forbid saving or starting; warnings do not. */
export const Issue = z.object({
  severity: z.enum(['error', 'warning']),
  /** Path of the field in the configuration, such as `processors.count`. */
  field: z.string(),
  message: z.string(),
});
export type Issue = z.infer<typeof Issue>;

/** A machine as every client sees it. */
export const Machine = z.object({
  id: MachineId,
  config: MachineConfig,
  /** Grows by one with each saved change; `configure` with an older one is refused with `CONFLICT`. */
  revision: z.int().positive(),
  state: MachineState,
  reason: StateReason,
  /** One sentence more than the reason, such as the last line of the engine's log. */
  reasonDetail: z.string().nullable(),
  stateSince: z.iso.datetime(),
  /** The engine that runs it now, or would run it if started. Null when none can. */
  engine: EngineId.nullable(),
  /** Why this engine was chosen, or why none can run it. */
  engineReason: z.string(),
  /** Process id of the machine's own process while it is online. */
  pid: z.int().nullable(),
  hasWarmStart: z.boolean(),
  /** The snapshot that the present disks build on; null when there is none. */
  currentSnapshotId: z.uuid().brand<'SnapshotId'>().nullable(),
  /** This run's changes to the disks are thrown away when it ends. */
  isDisposable: z.boolean(),
  /** True when the machine's stored record could not be read; it is shown, not dropped, and can only be removed. */
  isDamaged: z.boolean(),
  /** Folder that holds the machine's disks, saved state and logs. */
  folder: z.string(),
  position: z.int(),
  createdAt: z.iso.datetime(),
});
export type Machine = z.infer<typeof Machine>;
