import type { EngineId } from '../../shared/model/engine.ts';
import type { Issue, Machine, MachineConfig } from '../../shared/model/machine.ts';
import { lacksAbility } from '../engines.ts';
import { issueAt } from '../use-config-check.ts';
import { canEdit, type Editable } from './settings-fields.ts';

/** What every page of the settings gets. */
export interface SettingsPageProps {
  machine: Machine;
  config: MachineConfig;
  issues: readonly Issue[];
  /** Replaces some fields of the configuration. */
  onChange(change: Partial<MachineConfig>): void;
}

/** What a field shows beneath itself. */
export function message({ issues }: SettingsPageProps, field: string) {
  const issue = issueAt(issues, field);
  return {
    error: issue?.severity === 'error' ? issue.message : undefined,
    note: issue?.message,
  };
}

export function isLocked({ machine }: SettingsPageProps, when: Editable): boolean {
  return !canEdit(when, machine.state, canPlug(machine));
}

/** Whether hardware comes and goes while the machine runs. Not known counts as yes: the core guards in any case. */
export function canPlug(machine: Machine): boolean {
  return lacksAbility(machine, 'hotplug') === null;
}

/** The engine that would run the machine with the settings as they are edited. */
export function chosenEngine({ machine, config }: SettingsPageProps): EngineId | null {
  return config.engine === 'auto' ? machine.engine : config.engine;
}
