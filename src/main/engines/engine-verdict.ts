import type { EngineId } from '../../shared/model/engine.ts';
import type { Issue, MachineConfig } from '../../shared/model/machine.ts';
import { chooseEngine, type EngineCandidate } from './choose-engine.ts';

/** What the engines say about a configuration; see `EngineVerdict` of the machines. */
interface Verdict {
  issues: Issue[];
  engine: EngineId | null;
  engineReason: string;
}

/**
 * Chooses the engine of a configuration and says what is wrong with it. Pure.
 *
 * | case | issues |
 * |---|---|
 * | an engine can run it | what that engine warns of |
 * | one that could is only not installed | a warning: the machine can be prepared before it is |
 * | none could | the errors of the engine that was asked for, or of the one that comes with the program |
 */
export function judgeConfig(config: MachineConfig, candidates: EngineCandidate[]): Verdict {
  const { engine, reason: engineReason } = chooseEngine(config, candidates);
  if (engine !== null) return { issues: issuesOf(engine, candidates), engine, engineReason };
  const eligible = candidates.filter(({ info }) =>
    config.engine === 'auto' ? info.id !== 'fake' : info.id === config.engine,
  );
  const isOnlyMissing =
    eligible.length === 0 || eligible.some(({ info, issues }) => !info.isAvailable && !issues.some(isError));
  if (isOnlyMissing) {
    const issue: Issue = { severity: 'warning', field: 'engine', message: engineReason };
    return { issues: [issue], engine, engineReason };
  }
  return { issues: issuesOf(config.engine === 'auto' ? 'embedded' : config.engine, candidates), engine, engineReason };
}

const isError = ({ severity }: Issue): boolean => severity === 'error';

function issuesOf(engine: EngineId, candidates: EngineCandidate[]): Issue[] {
  return candidates.find(({ info }) => info.id === engine)?.issues ?? [];
}
