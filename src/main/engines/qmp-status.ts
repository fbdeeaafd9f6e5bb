import type { SessionStatus } from './engine.ts';
import { isRecord, type QmpEvent } from './qmp/protocol.ts';

export const RUNNING: SessionStatus = { state: 'Running' };
export const PAUSED: SessionStatus = { state: 'Paused', reason: 'user', detail: null };

/** Events that a command brings about, so that they tell nothing new while one is under way. */
const ANSWERING_EVENTS = ['STOP', 'RESUME'];
/** Events that nobody asks for. */
const TROUBLE_EVENTS = ['BLOCK_IO_ERROR', 'GUEST_PANICKED', '__org.innkeeper_INTERNAL_ERROR'];

/** Whether the machine may stand otherwise after this event than its owner knows. */
export function mayChangeStatus(event: QmpEvent, isCommandUnderWay: boolean): boolean {
  return TROUBLE_EVENTS.includes(event.event) || (ANSWERING_EVENTS.includes(event.event) && !isCommandUnderWay);
}

/** Sentences of the latest trouble, as events told it: QEMU's `query-status` itself gives only one word. */
export interface Trouble {
  ioError: string | null;
  internalError: string | null;
}

/** The status that a `RunState` of `query-status` stands for (QEMU QMP reference, "RunState"). */
export function readStatus(answer: unknown, trouble: Trouble): SessionStatus {
  const { status, '__org.innkeeper_detail': own } = isRecord(answer) ? answer : {};
  const detail = typeof own === 'string' ? own : null;
  switch (status) {
    case 'running':
      return RUNNING;
    case 'io-error':
      return { state: 'Paused', reason: 'ioError', detail: detail ?? trouble.ioError };
    case 'watchdog':
      return { state: 'Paused', reason: 'user', detail: 'The guest stopped feeding its watchdog, which paused it.' };
    case 'guest-panicked':
      return { state: 'Stuck', reason: 'guestPanic', detail: 'The guest operating system reported a fatal error.' };
    case 'internal-error':
      return {
        state: 'Stuck',
        reason: 'engineCrashed',
        detail: detail ?? trouble.internalError ?? 'The engine cannot go on with this guest.',
      };
    default:
      return PAUSED; // prelaunch, inmigrate, paused, save-vm, …: the guest's processor stands still, nothing is wrong
  }
}

/** How far the engine is with a saved state. A machine that is as new after all has not loaded it either. */
export function readLoading(answer: unknown): 'loads' | 'loaded' | { failure: string } {
  const word = isRecord(answer) ? answer.status : undefined;
  if (word === 'inmigrate') return 'loads';
  if (word === 'prelaunch') return { failure: 'it is damaged, or of another machine; the log says more.' };
  const status = readStatus(answer, { ioError: null, internalError: null });
  return status.state === 'Stuck' ? { failure: status.detail } : 'loaded';
}

/** Notes what an event tells about trouble. */
export function noteTrouble(event: QmpEvent, trouble: Trouble): void {
  const { data = {} } = event;
  if (event.event === 'BLOCK_IO_ERROR') trouble.ioError = describeIoError(data);
  if (event.event === '__org.innkeeper_INTERNAL_ERROR' && typeof data.detail === 'string') {
    trouble.internalError = data.detail;
  }
}

function describeIoError(data: Record<string, unknown>): string {
  const doing = data.operation === 'write' ? 'Writing to' : 'Reading from';
  const name = [data.device, data['node-name']].find((each) => typeof each === 'string' && each !== '');
  const drive = name === undefined ? 'a drive' : `drive '${name}'`;
  const reason = typeof data.reason === 'string' ? data.reason : 'no reason was given';
  return `${doing} ${drive} failed: ${reason}`;
}

export function isSameStatus(a: SessionStatus, b: SessionStatus): boolean {
  const [one, other] = [a, b].map((status) => ('reason' in status ? `${status.state} ${status.reason}` : status.state));
  return one === other;
}
