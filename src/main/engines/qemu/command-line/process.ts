import path from 'node:path';
import { RUNTIME_FILES } from '../../runtime-files.ts';
import { type CommandPart, type CommandPlan, escapeValue, part } from './part.ts';

/**
 * No default devices, no configuration of the user; and the process gives up what it does not need: new privileges,
 * new programs, control of its own resources (qemu(1), `-sandbox`).
 */
export function processPart({ spec, installation }: CommandPlan): CommandPart {
  const sandbox = 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny';
  return part(
    'process',
    ...['-nodefaults', '-no-user-config'],
    ...(installation.hasSandbox ? ['-sandbox', sandbox] : []),
    ...['-name', `guest=${escapeValue(spec.config.name)},debug-threads=on`],
    ...['-uuid', spec.machineId],
    ...['-pidfile', path.join(spec.folders.runtime, RUNTIME_FILES.pid)],
    ...['-msg', 'timestamp=on'],
  );
}

/** The guest stands still until all is set up; a panic stops it where it can be looked at. */
export function startPart({ spec }: CommandPlan): CommandPart {
  const incoming = spec.restoreFrom === null ? [] : ['-incoming', 'defer'];
  return part('start', '-S', '-action', 'panic=pause', ...incoming);
}
