import { mapEventIterator, ORPCError } from '@orpc/client';
import { ERROR_CODES, InnError, isErrorCode } from '../../shared/errors.ts';
import type { ApiLog } from './services.ts';

const LONGEST_MESSAGE = 300;

/** Where an error happened: `machine.start`, and whether the caller has left in the meantime. */
export interface CallInfo {
  path: readonly string[];
  signal?: AbortSignal | undefined;
}

/**
 * Runs one call and lets nothing leave but errors of the closed list: those of the core with hint and details, those of
 * the schema as `INVALID_INPUT` with the names of the fields, and anything unforeseen as `INTERNAL`, which is logged with
 * its stack. An event stream that the call returns is treated alike, for as long as it lasts.
 */
export async function withMappedErrors<T extends { output: unknown }>(
  call: CallInfo,
  log: ApiLog,
  run: () => T | Promise<T>,
): Promise<T> {
  const mapError = (thrown: unknown) => toOrpcError(thrown, call, log);
  try {
    const result = await run();
    if (!isAsyncIterator(result.output)) return result;
    const output = mapEventIterator(result.output, {
      value: async (value: unknown) => value,
      error: async (thrown) => mapError(thrown),
    });
    return { ...result, output };
  } catch (thrown) {
    throw mapError(thrown);
  }
}

/** The form in which an error travels; never throws. Unforeseen errors are logged here, once. */
export function toOrpcError(thrown: unknown, call: CallInfo, log: ApiLog): ORPCError<string, unknown> {
  if (thrown instanceof InnError) return fromInnError(thrown);
  if (thrown instanceof ORPCError) {
    if (isErrorCode(thrown.code)) return thrown;
    const issues = issuesOf(thrown);
    if (thrown.code === 'BAD_REQUEST' && issues) return fromInnError(invalidInput(call, issues));
  }
  if (call.signal?.aborted)
    return fromInnError(new InnError('CANCELLED', 'The call was cancelled.', { cause: thrown }));
  return fromInnError(unforeseen(thrown, call, log));
}

function fromInnError(error: InnError): ORPCError<string, unknown> {
  const { code, message, hint, details } = error;
  const data: unknown = hint === undefined && details === undefined ? undefined : { hint, details };
  return new ORPCError<string, unknown>(code, {
    defined: true,
    status: ERROR_CODES[code].status,
    message,
    data,
    cause: error,
  });
}

interface FieldIssue {
  field: string;
  message: string;
}

/** The shape of an issue in the Standard Schema specification, version 1. */
interface SchemaIssue {
  message: string;
  path?: readonly (PropertyKey | { key: PropertyKey })[];
}

function issuesOf(error: ORPCError<string, unknown>): FieldIssue[] | undefined {
  const data = error.data;
  if (typeof data !== 'object' || data === null || !('issues' in data) || !Array.isArray(data.issues)) return undefined;
  return (data.issues as SchemaIssue[]).map(({ path = [], message }) => ({
    field: path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
    message,
  }));
}

function invalidInput(call: CallInfo, issues: FieldIssue[]): InnError {
  const sentences = issues.map(({ field, message }) => (field === '' ? message : `'${field}': ${message}`));
  return new InnError('INVALID_INPUT', `The input of '${call.path.join('.')}' does not fit. ${sentences.join('; ')}`, {
    hint: 'The page /api/ of the core lists every call with its fields.',
    details: { issues },
  });
}

function unforeseen(thrown: unknown, call: CallInfo, log: ApiLog): InnError {
  const name = call.path.join('.');
  log.error({ err: thrown, call: name }, `Unforeseen error in ${name}`);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const firstLine = (message.split('\n')[0] ?? '').slice(0, LONGEST_MESSAGE);
  return new InnError('INTERNAL', `Something unforeseen happened in '${name}': ${firstLine}`, {
    hint: 'This is a defect of Innkeeper. The log of the core holds the whole of it.',
    cause: thrown,
  });
}

function isAsyncIterator(value: unknown): value is AsyncIterator<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
