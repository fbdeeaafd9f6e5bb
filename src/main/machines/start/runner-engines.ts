import { InnError } from '../../../shared/errors.ts';
import type { EngineId } from '../../../shared/model/engine.ts';
import type { MachineConfig } from '../../../shared/model/machine.ts';
import type { Engine } from '../../engines/engine.ts';
import type { RunnerContext } from '../runner-context.ts';

/** The engine that runs this configuration. @throws InnError `INVALID_CONFIG`, `ENGINE_MISSING` */
export function chooseFor({ deps }: RunnerContext, config: MachineConfig): Engine {
  const { engine: id, engineReason, issues } = deps.checkEngine(config);
  const engine = deps.engines.find((each) => each.id === id);
  if (engine) return engine;
  const errors = issues.filter(({ severity }) => severity === 'error');
  throw new InnError(
    errors.length > 0 ? 'INVALID_CONFIG' : 'ENGINE_MISSING',
    `Cannot start '${config.name}' because no engine can run it: ${engineReason}`,
    {
      hint: errors.length > 0 ? 'Change the settings that are named.' : 'The doctor says how to get an engine.',
      details: { issues },
    },
  );
}

/** Id and version of the engine, as far as its probe knows. */
export async function engineFacts(
  { deps }: RunnerContext,
  id: EngineId,
): Promise<{ id: EngineId; version: string | null }> {
  const info = (await deps.probe()).find((each) => each.id === id);
  return { id, version: info?.version ?? null };
}
