import path from 'node:path';
import { RUNTIME_FILES } from '../../runtime-files.ts';
import { type CommandPart, type CommandPlan, escapeValue, jsonOption, part } from './part.ts';

/**
 * The first serial port. Its output also goes to a file: QEMU talks to one client at a time and forgets what the guest
 * writes meanwhile, so viewers read the file and only their input goes to the socket.
 */
export function serialPart({ spec }: CommandPlan): CommandPart {
  const { runtime } = spec.folders;
  const [socket, log] = [RUNTIME_FILES.serial, RUNTIME_FILES.serialOutput].map((name) =>
    escapeValue(path.join(runtime, name)),
  );
  return part(
    'serial',
    ...['-chardev', `socket,id=serial,path=${socket},server=on,wait=off,logfile=${log}`],
    ...jsonOption('-device', { driver: 'isa-serial', chardev: 'serial', index: 0 }),
  );
}
