import path from 'node:path';
import { readLogTail } from '../../processes/process-end.ts';
import { isRecord, type QmpEvent, readEvent } from '../qmp/protocol.ts';
import { EVENTS_FILE } from '../session-exit.ts';

/** The latest events of a QEMU, from the log that it writes whether anybody listens or not; the latest last. */
export async function readEvents(runtimeFolder: string): Promise<QmpEvent[]> {
  const lines = await readLogTail(path.join(runtimeFolder, EVENTS_FILE));
  return lines.flatMap(parse);
}

function parse(line: string): QmpEvent[] {
  try {
    const message: unknown = JSON.parse(line);
    return isRecord(message) && typeof message.event === 'string' ? [readEvent(message.event, message)] : [];
  } catch {
    return []; // cut off: at the beginning of the tail, or while it is written
  }
}
