import { CommanderError } from 'commander';
import { toInnError } from '../../shared/client-errors.ts';
import { ERROR_CODES, toErrorReport } from '../../shared/errors.ts';
import { GuestExit } from './guests/guest-exit.ts';
import { refusalLines } from './machines/admission-lines.ts';

const USAGE_EXIT_CODE = 2;

/**
 * Prints a failure, for a person on standard error or as JSON on standard output, and returns the exit code:
 * that of the error's code, 2 for wrong usage, 0 when commander merely printed help.
 */
export function reportFailure(thrown: unknown, options: { json: boolean; print(line: string): void }): number {
  if (thrown instanceof GuestExit) return thrown.exitCode;
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : USAGE_EXIT_CODE;
  const report = toErrorReport(toInnError(thrown));
  if (options.json) {
    options.print(JSON.stringify({ error: report }, null, 2));
  } else {
    process.stderr.write(`inn: ${report.message}\n`);
    for (const line of refusalLines(report.details)) process.stderr.write(`     ${line}\n`);
    if (report.hint) process.stderr.write(`     ${report.hint}\n`);
  }
  return ERROR_CODES[report.code].exitCode;
}
