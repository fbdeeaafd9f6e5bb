/**
 * The closed list of error codes. One table serves every way in: `status` is the HTTP status, `exitCode` what `inn`
 * exits with. Exit code 1 is an unforeseen failure and 2 is wrong usage, by the custom of command-line programs.
 */
export const ERROR_CODES = {
  /** Arguments do not match the schema of the call. */
  INVALID_INPUT: { status: 400, exitCode: 2 },
  /** The request carries no token, or a wrong one. */
  UNAUTHORIZED: { status: 401, exitCode: 3 },
  /** The request comes from a foreign origin or host name. */
  FORBIDDEN_ORIGIN: { status: 403, exitCode: 3 },
  /** No machine with this name or id. */
  MACHINE_NOT_FOUND: { status: 404, exitCode: 4 },
  /** No resource pool with this name or id. */
  POOL_NOT_FOUND: { status: 404, exitCode: 4 },
  /** No virtual network with this name or id, or no such port forward. */
  NETWORK_NOT_FOUND: { status: 404, exitCode: 4 },
  /** No medium with this id or at this place. */
  MEDIUM_NOT_FOUND: { status: 404, exitCode: 4 },
  /** The machine has no snapshot with this name or id. */
  SNAPSHOT_NOT_FOUND: { status: 404, exitCode: 4 },
  /** No task with this id. */
  TASK_NOT_FOUND: { status: 404, exitCode: 4 },
  /** A file that was named does not exist. */
  FILE_NOT_FOUND: { status: 404, exitCode: 4 },
  /** The action is not legal in the machine's present state. */
  INVALID_STATE: { status: 409, exitCode: 5 },
  /** Another change was saved since the caller read the machine. */
  CONFLICT: { status: 409, exitCode: 5 },
  /** Another machine has this name. */
  NAME_IN_USE: { status: 409, exitCode: 5 },
  /** The medium is attached to a machine, or open in a running one. */
  MEDIUM_IN_USE: { status: 409, exitCode: 5 },
  /** Machines have adapters on the network. */
  NETWORK_IN_USE: { status: 409, exitCode: 5 },
  /** A file stands already where a new one was to be made. */
  FILE_EXISTS: { status: 409, exitCode: 5 },
  /** The configuration is well formed, but cannot work. */
  INVALID_CONFIG: { status: 422, exitCode: 6 },
  /** The file exists, but the program may not read or write it. */
  FILE_NOT_ACCESSIBLE: { status: 422, exitCode: 6 },
  /** The image is damaged, of an unknown format, or refers outside of itself. */
  IMAGE_INVALID: { status: 422, exitCode: 6 },
  /** No engine that can run this machine is installed. */
  ENGINE_MISSING: { status: 424, exitCode: 7 },
  /** The engine refused, died or answered nonsense. */
  ENGINE_FAILED: { status: 502, exitCode: 7 },
  /** The engine did not answer in time. */
  ENGINE_TIMEOUT: { status: 504, exitCode: 7 },
  /** The engine cannot do this; the hint says which one can. */
  NOT_SUPPORTED: { status: 501, exitCode: 7 },
  /** No agent answers in the guest. */
  AGENT_MISSING: { status: 424, exitCode: 7 },
  /** The guest's agent refused, or answered nonsense. */
  AGENT_FAILED: { status: 502, exitCode: 7 },
  /** The guest did not do what only it can do, such as letting a device go. */
  GUEST_REFUSED: { status: 409, exitCode: 7 },
  /** Starting the machine would take memory that the host does not have. */
  HOST_MEMORY_SHORT: { status: 507, exitCode: 8 },
  /** The machine's resource pool has promised all that it may. */
  POOL_FULL: { status: 507, exitCode: 8 },
  /** The file system has not enough free space. */
  DISK_FULL: { status: 507, exitCode: 8 },
  /** A TCP port is taken by another program. */
  PORT_IN_USE: { status: 409, exitCode: 8 },
  /** Another core holds the data folder. */
  CORE_RUNNING: { status: 409, exitCode: 9 },
  /** The core was asked for, but none answers. */
  CORE_UNREACHABLE: { status: 503, exitCode: 9 },
  /** The database was written by a newer program. */
  DATABASE_TOO_NEW: { status: 409, exitCode: 9 },
  /** The database could not be read; it was set aside. */
  DATABASE_DAMAGED: { status: 500, exitCode: 9 },
  /** The user, or the caller, cancelled the work. */
  CANCELLED: { status: 499, exitCode: 10 },
  /** What was waited for did not come in time. */
  TIMEOUT: { status: 504, exitCode: 11 },
  /** A defect of the program. */
  INTERNAL: { status: 500, exitCode: 1 },
} as const satisfies Record<string, { status: number; exitCode: number }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface InnErrorOptions {
  /** What to do next, as a sentence. */
  hint?: string | undefined;
  /** Plain data for programs: state, allowedFrom, suggestedAction, path, … */
  details?: Record<string, unknown> | undefined;
  cause?: unknown;
}

/** The one error class of the program. `message` says what happened; `hint` says what to do next. */
export class InnError extends Error {
  override readonly name = 'InnError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Record<string, unknown> | undefined;

  constructor(code: ErrorCode, message: string, options: InnErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
  }
}

/** The plain form of any thrown value, as it is shown, logged and sent. Unforeseen errors become `INTERNAL`. */
export interface ErrorReport {
  code: ErrorCode;
  message: string;
  hint?: string | undefined;
  details?: Record<string, unknown> | undefined;
}

/** Turns any thrown value into a report; never throws. */
export function toErrorReport(thrown: unknown): ErrorReport {
  if (thrown instanceof InnError) {
    const { code, message, hint, details } = thrown;
    return { code, message, ...(hint === undefined ? {} : { hint }), ...(details === undefined ? {} : { details }) };
  }
  return { code: 'INTERNAL', message: thrown instanceof Error ? thrown.message : String(thrown) };
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value);
}
