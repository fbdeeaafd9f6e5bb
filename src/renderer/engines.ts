import type { Ability, EngineCapabilities, EngineInfo } from '../shared/model/engine.ts';
import type { Machine } from '../shared/model/machine.ts';
import { api } from './api.ts';
import { observable, useObservable } from './observable.ts';

/** What the doctor found; empty until it has answered. */
export const engines = observable<readonly EngineInfo[]>([]);

/** Asks the doctor again. Keeps what was known when it does not answer: the connection bar says why. */
export async function loadEngines(): Promise<void> {
  try {
    engines.set(await api.host.doctor({}));
  } catch {
    // Without an answer nothing is greyed out for a reason of the engine; the core still guards every action.
  }
}

export function useEngines(): readonly EngineInfo[] {
  return useObservable(engines, (now) => now);
}

/** The capabilities whose absence has a reason. */
export type AbilityName = {
  [K in keyof EngineCapabilities]: EngineCapabilities[K] extends Ability ? K : never;
}[keyof EngineCapabilities];

/** Why the engine of this machine cannot do it, or null when it can or is not known. */
export function lacksAbility(
  machine: Pick<Machine, 'engine'>,
  name: AbilityName,
  known = engines.get(),
): string | null {
  const ability = known.find((engine) => engine.id === machine.engine)?.capabilities[name];
  if (ability === undefined || ability.isAvailable) return null;
  return ability.reason ?? 'The engine of this machine cannot do that.';
}

/** The engine's own name, such as "QEMU", or "none" when no engine can run the machine. */
export function engineName(machine: Machine, known: readonly EngineInfo[]): string {
  if (machine.engine === null) return 'none';
  return known.find((engine) => engine.id === machine.engine)?.name ?? machine.engine;
}
