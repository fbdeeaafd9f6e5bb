import * as z from 'zod';
import { AudioCard, Chipset } from './hardware.ts';
import { MediumFormat } from './medium.ts';
import { AdapterModel } from './network.ts';
import { ControllerType } from './storage.ts';

export const EngineId = z.enum(['embedded', 'qemu', 'fake']);
export type EngineId = z.infer<typeof EngineId>;

export const EngineChoice = z.enum(['auto', 'embedded', 'qemu', 'fake']);
export type EngineChoice = z.infer<typeof EngineChoice>;

/** Something an engine can do, or why it cannot: the window prints the reason where it greys the control out. */
export const Ability = z.object({ isAvailable: z.boolean(), reason: z.string().nullable() });
export type Ability = z.infer<typeof Ability>;

export const EngineCapabilities = z.object({
  maxProcessors: z.int(),
  maxMemoryMiB: z.int(),
  minMemoryMiB: z.int(),
  maxAdapters: z.int(),
  architectures: z.array(z.enum(['i686', 'x86_64'])),
  controllers: z.array(ControllerType),
  /** How many hard disks can be attached in all. */
  maxDisks: z.int(),
  adapterModels: z.array(AdapterModel),
  formats: z.array(MediumFormat),
  chipsets: z.array(Chipset),
  audioCards: z.array(AudioCard),
  /** Whether the guest's sound can be heard on the host; without, the card is there and plays to nobody. */
  audio: Ability,
  uefi: Ability,
  secureBoot: Ability,
  tpm: Ability,
  watchdog: Ability,
  saveState: Ability,
  warmStart: Ability,
  executionCap: Ability,
  powerButton: Ability,
  changeMedium: Ability,
  liveSnapshot: Ability,
  balloon: Ability,
  hotplug: Ability,
});
export type EngineCapabilities = z.infer<typeof EngineCapabilities>;

/** One line of the doctor: a sentence of cause and, when something is lacking, one of cure. */
export const Finding = z.object({
  subject: z.string(),
  isGood: z.boolean(),
  cause: z.string(),
  cure: z.string().nullable(),
});
export type Finding = z.infer<typeof Finding>;

export const EngineInfo = z.object({
  id: EngineId,
  name: z.string(),
  version: z.string().nullable(),
  isAvailable: z.boolean(),
  /** How guest code runs: `WebAssembly`, `KVM`, `TCG`, … */
  acceleration: z.string().nullable(),
  capabilities: EngineCapabilities,
  findings: z.array(Finding),
});
export type EngineInfo = z.infer<typeof EngineInfo>;
