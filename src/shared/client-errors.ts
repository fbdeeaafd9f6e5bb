import { type ErrorCode, InnError, isErrorCode } from './errors.ts';

/** What every transport makes of a failure on its way to the client; recognised by shape, not by class. */
interface RemoteFailure {
  code: string;
  message: string;
  data?: { hint?: unknown; details?: unknown } | null;
}

/** Codes that the transport itself gives, before a handler of ours is reached. */
const TRANSPORT_CODES: Record<string, ErrorCode> = {
  BAD_REQUEST: 'INVALID_INPUT',
  NOT_FOUND: 'INVALID_INPUT',
  METHOD_NOT_SUPPORTED: 'INVALID_INPUT',
  PAYLOAD_TOO_LARGE: 'INVALID_INPUT',
  UNPROCESSABLE_CONTENT: 'INVALID_INPUT',
  FORBIDDEN: 'FORBIDDEN_ORIGIN',
  CLIENT_CLOSED_REQUEST: 'CANCELLED',
  ECONNREFUSED: 'CORE_UNREACHABLE',
  ECONNRESET: 'CORE_UNREACHABLE',
  EPIPE: 'CORE_UNREACHABLE',
  UND_ERR_SOCKET: 'CORE_UNREACHABLE',
};

/**
 * Turns whatever a client's call threw into the one error class of the program, whichever transport carried it.
 * Never throws. A value that is no failure of ours becomes `INTERNAL`, with its message kept and itself as `cause`.
 */
export function toInnError(thrown: unknown): InnError {
  if (thrown instanceof InnError) return thrown;
  if (isAbort(thrown)) return new InnError('CANCELLED', 'The call was cancelled.', { cause: thrown });
  if (isRemoteFailure(thrown)) return fromRemote(thrown);
  if (thrown instanceof TypeError && thrown.cause !== undefined && isRemoteFailure(thrown.cause)) {
    return fromRemote({ ...thrown.cause, code: thrown.cause.code, message: thrown.cause.message });
  }
  return new InnError('INTERNAL', thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
}

function fromRemote(failure: RemoteFailure): InnError {
  const { code, message, data } = failure;
  if (isErrorCode(code)) {
    const hint = typeof data?.hint === 'string' ? data.hint : undefined;
    return new InnError(code, message, { hint, details: asRecord(data?.details), cause: failure });
  }
  const known = TRANSPORT_CODES[code];
  if (known === 'CORE_UNREACHABLE') return unreachable(failure);
  return new InnError(known ?? 'INTERNAL', message, { cause: failure });
}

/** The one answer to a connection that cannot be made or that broke. */
export function unreachable(cause?: unknown): InnError {
  return new InnError('CORE_UNREACHABLE', 'The core of Innkeeper does not answer.', {
    hint: "Start it with 'inn serve' or by opening the window, then try again.",
    cause,
  });
}

function isRemoteFailure(value: unknown): value is RemoteFailure {
  return (
    typeof value === 'object' &&
    value !== null &&
    'code' in value &&
    typeof value.code === 'string' &&
    'message' in value &&
    typeof value.message === 'string'
  );
}

function isAbort(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'name' in value && value.name === 'AbortError';
}

function asRecord(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}
