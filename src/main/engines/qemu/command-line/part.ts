import type { StartSpec } from '../../start-spec.ts';
import type { Installation } from '../installation.ts';

/** All that the command line of one run is made from. */
export interface CommandPlan {
  spec: StartSpec;
  installation: Installation;
}

/** A few arguments that belong together, under the name by which tests and logs speak of them. */
export interface CommandPart {
  name: string;
  arguments: string[];
}

export function part(name: string, ...parts: string[]): CommandPart {
  return { name, arguments: parts };
}

/** A value inside of `key=value,…`: QEMU takes a comma that stands twice for one that belongs to the value. */
export function escapeValue(value: string): string {
  return value.replaceAll(',', ',,');
}

/** `-device` and its relatives take JSON, in which no value can pass for another option. */
export function jsonOption(
  option: '-device' | '-blockdev' | '-object' | '-netdev' | '-audiodev',
  value: object,
): string[] {
  return [option, JSON.stringify(value)];
}
