import * as z from 'zod';

/**
 * What was used over some time, in whole numbers of small units, so that parts add up to the whole exactly. A MiB·s is
 * one mebibyte held for one second.
 */
export const UsageQuantities = z.object({
  /** Time for which the machine's process was there, in milliseconds. */
  runningMs: z.int().nonnegative(),
  /** Processor time of the process, in microseconds. */
  processorMicros: z.int().nonnegative(),
  memoryPromisedMiBSeconds: z.int().nonnegative(),
  /** Memory that the process held on the host (resident). */
  memoryUsedMiBSeconds: z.int().nonnegative(),
  /** Room that the machine's folder took on the host's disk, whether it ran or not. */
  storageMiBSeconds: z.int().nonnegative(),
  diskReadBytes: z.int().nonnegative(),
  diskWriteBytes: z.int().nonnegative(),
  networkInBytes: z.int().nonnegative(),
  networkOutBytes: z.int().nonnegative(),
});
export type UsageQuantities = z.infer<typeof UsageQuantities>;

export const NO_USAGE: UsageQuantities = {
  runningMs: 0,
  processorMicros: 0,
  memoryPromisedMiBSeconds: 0,
  memoryUsedMiBSeconds: 0,
  storageMiBSeconds: 0,
  diskReadBytes: 0,
  diskWriteBytes: 0,
  networkInBytes: 0,
  networkOutBytes: 0,
};

export const USAGE_QUANTITIES = Object.keys(NO_USAGE) as (keyof UsageQuantities)[];

/** The sum, quantity by quantity. */
export function addUsage(a: UsageQuantities, b: UsageQuantities): UsageQuantities {
  const sum = { ...a };
  for (const name of USAGE_QUANTITIES) sum[name] += b[name];
  return sum;
}

const HOUR_SECONDS = 3600;
/** A month of a price list has 730 hours: a year's hours by twelve, whatever the calendar says. */
export const HOURS_PER_MONTH = 730;
const MIB_PER_GIB = 1024;

/** The quantities as people read them. */
export const hoursRunning = (usage: UsageQuantities): number => usage.runningMs / 3_600_000;
export const processorHours = (usage: UsageQuantities): number => usage.processorMicros / 3_600_000_000;
export const promisedGiBHours = (usage: UsageQuantities): number =>
  usage.memoryPromisedMiBSeconds / MIB_PER_GIB / HOUR_SECONDS;
export const usedGiBHours = (usage: UsageQuantities): number => usage.memoryUsedMiBSeconds / MIB_PER_GIB / HOUR_SECONDS;
export const storageGiBMonths = (usage: UsageQuantities): number =>
  usage.storageMiBSeconds / MIB_PER_GIB / HOUR_SECONDS / HOURS_PER_MONTH;

/**
 * Estimated energy in kilowatt-hours: the machine's share of the host's processors times what they draw when busy, which
 * is its processor hours times `wattsPerProcessor`. Memory, disks and an idle host's draw are not in it.
 */
export const energyKWh = (usage: UsageQuantities, wattsPerProcessor: number): number =>
  (processorHours(usage) * wattsPerProcessor) / 1000;
