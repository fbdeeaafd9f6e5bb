import { oc } from '@orpc/contract';
import * as z from 'zod';
import { ERROR_CODES, type ErrorCode } from './errors.ts';

const ErrorData = z
  .object({ hint: z.string().optional(), details: z.record(z.string(), z.unknown()).optional() })
  .optional();

type ErrorMap = Record<ErrorCode, { status: number; data: typeof ErrorData }>;
const errorMap = Object.fromEntries(
  Object.entries(ERROR_CODES).map(([code, { status }]) => [code, { status, data: ErrorData }]),
) as ErrorMap;

/** The beginning of every call of the contract: it can fail with any code of the closed list. */
export const call = oc.errors(errorMap);

export const MachineRef = z.string().min(1).max(200).describe('Name or id of a machine');
export const Nothing = z.object({});
