import * as z from 'zod';
import { MachineId } from './machine.ts';

const Bytes = z.int().nonnegative();

/** Where the host's memory stands when one more machine wants some of it. All in bytes. */
export const AdmissionNumbers = z.object({
  hostTotalBytes: Bytes,
  /** What new programs could get without swapping. */
  availableBytes: Bytes,
  /** The part of the available memory that is kept for the host itself. */
  hostReserveBytes: Bytes,
  /** What the processes of running machines hold already. */
  usedByMachinesBytes: Bytes,
  /** What running machines were promised and have not touched yet. */
  promisedToOthersBytes: Bytes,
  /** The guest's memory. */
  memoryBytes: Bytes,
  /** What its engine takes beside the guest's memory. */
  engineOverheadBytes: Bytes,
  /** How much is lacking on the host; 0 when it fits there. */
  shortBytes: Bytes,
});
export type AdmissionNumbers = z.infer<typeof AdmissionNumbers>;

const Sentence = z.string().describe('For people, as one sentence');

/** Why a machine cannot have what it asks for. */
export const AdmissionReason = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('hostMemory'), shortBytes: Bytes, message: Sentence }),
  z.object({
    kind: z.literal('poolMemory'),
    poolName: z.string(),
    limitBytes: Bytes,
    promisedBytes: Bytes,
    shortBytes: Bytes,
    message: Sentence,
  }),
  z.object({
    kind: z.literal('poolProcessors'),
    poolName: z.string(),
    /** Virtual processors that the pool may promise. */
    limit: z.number(),
    promised: z.number(),
    message: Sentence,
  }),
]);
export type AdmissionReason = z.infer<typeof AdmissionReason>;

/** What may go wrong later, although the machine is let in. */
export const AdmissionWarning = z.object({
  kind: z.enum(['memoryOvercommit', 'processorOvercommit', 'storage']),
  message: Sentence,
});
export type AdmissionWarning = z.infer<typeof AdmissionWarning>;

/** One way to make a refused start fit. Carried out, it does by the numbers of the report. */
export const PlanChoice = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('balloon'),
    machines: z.array(
      z.object({
        machineId: MachineId,
        name: z.string(),
        /** What it has now, and what it would be left with. */
        fromMiB: z.int(),
        toMiB: z.int(),
      }),
    ),
    freesBytes: Bytes,
  }),
  z.object({
    kind: z.literal('save'),
    /** Least recently used first; only those with `isNeeded` would be saved. */
    machines: z.array(
      z.object({
        machineId: MachineId,
        name: z.string(),
        lastUsedAt: z.iso.datetime(),
        freesBytes: Bytes,
        isNeeded: z.boolean(),
      }),
    ),
    freesBytes: Bytes,
  }),
  z.object({ kind: z.literal('lessMemory'), fromMiB: z.int(), toMiB: z.int() }),
  z.object({ kind: z.literal('wait') }),
]);
export type PlanChoice = z.infer<typeof PlanChoice>;

export const PlanKind = z.enum(['balloon', 'save', 'lessMemory', 'wait']);
export type PlanKind = z.infer<typeof PlanKind>;

export const AdmissionReport = z.object({
  verdict: z.enum(['admitted', 'admittedWithWarning', 'refused']),
  numbers: AdmissionNumbers,
  /** Never empty when refused. */
  reasons: z.array(AdmissionReason),
  warnings: z.array(AdmissionWarning),
  /** What would make room; empty unless refused. */
  plan: z.array(PlanChoice),
});
export type AdmissionReport = z.infer<typeof AdmissionReport>;
