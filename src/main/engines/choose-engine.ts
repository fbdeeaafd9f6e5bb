import type { EngineId, EngineInfo } from '../../shared/model/engine.ts';
import type { Issue, MachineConfig } from '../../shared/model/machine.ts';

/** An engine as its probe found it, with what it says about one configuration. */
export interface EngineCandidate {
  info: EngineInfo;
  issues: Issue[];
}

export interface EngineDecision {
  /** The engine that runs the machine, or null when none can. */
  engine: EngineId | null;
  /** A sentence for the user: why this one, or why none. */
  reason: string;
}

const SOFTWARE_ACCELERATIONS = new Set(['TCG', 'WebAssembly']);

function isHardwareAccelerated(info: EngineInfo): boolean {
  return info.acceleration !== null && !SOFTWARE_ACCELERATIONS.has(info.acceleration);
}

/** Order of `auto`, best first; undefined: taken only when it is named. */
function rank(info: EngineInfo): number | undefined {
  if (info.id === 'qemu') return isHardwareAccelerated(info) ? 0 : 1;
  return info.id === 'embedded' ? 2 : undefined;
}

/** Why the engine cannot run the configuration, or undefined when it can. */
function obstacle({ info, issues }: EngineCandidate): string | undefined {
  if (!info.isAvailable) {
    const missing = info.findings.find((finding) => !finding.isGood);
    return `${info.name} is not available${missing ? `: ${missing.cause}` : '.'}`;
  }
  const error = issues.find((issue) => issue.severity === 'error');
  return error && `${info.name}: ${error.message}`;
}

/**
 * Chooses the engine of a machine.
 *
 * | `config.engine` | candidates, in this order |
 * |---|---|
 * | `auto` | QEMU with hardware acceleration, QEMU without, embedded; the first that is available and has no error |
 * | a name | that one only; `fake` is never chosen but by its name |
 *
 * Pure: the probes and checks are made by the caller. Never throws; `engine` is null when none can run it.
 */
export function chooseEngine(config: Pick<MachineConfig, 'engine'>, candidates: EngineCandidate[]): EngineDecision {
  return config.engine === 'auto' ? chooseFirst(candidates) : chooseNamed(config.engine, candidates);
}

function chooseNamed(id: EngineId, candidates: EngineCandidate[]): EngineDecision {
  const candidate = candidates.find(({ info }) => info.id === id);
  if (!candidate) return { engine: null, reason: `The engine '${id}' is not part of this installation.` };
  const problem = obstacle(candidate);
  if (problem !== undefined) return { engine: null, reason: problem };
  return { engine: id, reason: `${describe(candidate.info)} is set for this machine.` };
}

function chooseFirst(candidates: EngineCandidate[]): EngineDecision {
  const ranked = candidates
    .flatMap((candidate) => {
      const order = rank(candidate.info);
      return order === undefined ? [] : [{ candidate, order }];
    })
    .sort((a, b) => a.order - b.order);
  const passedOver: string[] = [];
  for (const { candidate } of ranked) {
    const problem = obstacle(candidate);
    if (problem === undefined) return { engine: candidate.info.id, reason: praise(candidate.info, passedOver) };
    passedOver.push(problem);
  }
  return { engine: null, reason: passedOver.join(' ') || 'No engine is installed.' };
}

function praise(info: EngineInfo, passedOver: string[]): string {
  const chosen = `${describe(info)} is the fastest engine here that can run this machine.`;
  return [chosen, ...passedOver].join(' ');
}

function describe({ name, acceleration }: EngineInfo): string {
  return acceleration === null ? name : `${name} (${acceleration})`;
}
