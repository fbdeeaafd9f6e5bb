import type { MachineId } from '../../shared/model/machine.ts';
import type { UsageSample } from '../../shared/model/usage.ts';

/** Fewer samples than this, one a second, say too little about a machine. */
const ENOUGH_SAMPLES = 120;

/** The most that the machine's process held in these samples, in bytes; null: it has not been watched for long enough. */
export function typicalBytes(samples: readonly UsageSample[], id: MachineId): number | null {
  const held = samples.flatMap(
    ({ machines }) => machines.find(({ machineId }) => machineId === id)?.memoryUsedBytes ?? [],
  );
  return held.length < ENOUGH_SAMPLES ? null : Math.max(...held);
}
