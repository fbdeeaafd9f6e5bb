import path from 'node:path';
import { RUNTIME_FILES } from '../../runtime-files.ts';
import { type CommandPart, type CommandPlan, escapeValue, part } from './part.ts';

/**
 * Two monitors to talk to, and a third on standard input and output: it is told `qmp_capabilities` by a file and from
 * then on writes down every event, so that what happens while no program is connected is known afterwards.
 */
export function monitorPart({ spec }: CommandPlan): CommandPart {
  const sockets = [RUNTIME_FILES.qmp, RUNTIME_FILES.monitor].flatMap((name, index) => {
    const socket = escapeValue(path.join(spec.folders.runtime, name));
    const chardev = `socket,id=monitor${index},path=${socket},server=on,wait=off`;
    return ['-chardev', chardev, '-mon', `chardev=monitor${index},mode=control`];
  });
  const events = ['-chardev', 'stdio,id=events,signal=off', '-mon', 'chardev=events,mode=control'];
  return part('monitors', ...sockets, ...events);
}
