import type { Machine } from '../../../shared/model/machine.ts';
import type { UsageSample } from '../../../shared/model/usage.ts';
import {
  isMemoryBeyondExpected,
  MEMORY_BEYOND_EXPECTED_HINT,
  memoryBeyondExpectedWords,
} from '../../../shared/process-memory.ts';

/** A warning for each machine whose process has grown too large; empty when none has. */
export function memoryWarnings({ machines: usages }: Pick<UsageSample, 'machines'>, machines: readonly Machine[]) {
  const warnings = machines.flatMap(({ id, config, engine }) => {
    const usage = usages.find(({ machineId }) => machineId === id);
    if (!usage || engine === null || !isMemoryBeyondExpected(engine, usage)) return [];
    return [`! ${memoryBeyondExpectedWords(config.name, engine, usage)}`];
  });
  return warnings.length === 0 ? [] : [...warnings, `  ${MEMORY_BEYOND_EXPECTED_HINT}`];
}
