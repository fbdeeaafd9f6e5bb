/** QEMU Machine Protocol, "QMP Protocol Specification", sections 2.2 (greeting) to 2.5 (asynchronous events). */

/** Error classes of the specification; anything that is none of the others is a `GenericError`. */
export type QmpErrorClass = 'GenericError' | 'CommandNotFound' | 'DeviceNotFound' | 'DeviceNotActive' | 'KVMMissingCap';

/** A refusal as QMP carries it: thrown by a command of a server, and the cause of a client's `InnError`. */
export class QmpError extends Error {
  override readonly name = 'QmpError';
  readonly errorClass: QmpErrorClass;

  constructor(errorClass: QmpErrorClass, desc: string) {
    super(desc);
    this.errorClass = errorClass;
  }
}

export interface QmpVersion {
  major: number;
  minor: number;
  micro: number;
}

export interface QmpGreeting {
  QMP: { version: { qemu: QmpVersion; package: string }; capabilities: string[] };
}

export interface QmpRequest {
  execute: string;
  arguments?: Record<string, unknown>;
  id?: unknown;
}

export interface QmpErrorBody {
  class: QmpErrorClass;
  desc: string;
}

export interface QmpEvent {
  event: string;
  data?: Record<string, unknown>;
  /** When it happened, by the clock of the machine's host. */
  timestamp: { seconds: number; microseconds: number };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const ERROR_CLASSES: readonly string[] = [
  'CommandNotFound',
  'DeviceNotFound',
  'DeviceNotActive',
  'KVMMissingCap',
] satisfies QmpErrorClass[];

function isErrorClass(value: unknown): value is QmpErrorClass {
  return typeof value === 'string' && ERROR_CLASSES.includes(value);
}

/** Reads the `error` member of a reply. A class that is not of the specification counts as `GenericError`. */
export function readErrorBody(value: unknown): QmpError {
  const body = isRecord(value) ? value : {};
  const desc = typeof body.desc === 'string' ? body.desc : 'The engine gave no reason.';
  return new QmpError(isErrorClass(body.class) ? body.class : 'GenericError', desc);
}

/** Reads an event; what an engine left out is filled in with now and no data. */
export function readEvent(event: string, message: Record<string, unknown>): QmpEvent {
  const { seconds, microseconds } = isRecord(message.timestamp) ? message.timestamp : {};
  const data = isRecord(message.data) ? { data: message.data } : {};
  const isTimed = typeof seconds === 'number' && typeof microseconds === 'number';
  return { event, ...data, timestamp: isTimed ? { seconds, microseconds } : timestampNow() };
}

export function timestampNow(): QmpEvent['timestamp'] {
  const now = performance.timeOrigin + performance.now();
  const seconds = Math.floor(now / 1000);
  return { seconds, microseconds: Math.floor((now - seconds * 1000) * 1000) };
}
