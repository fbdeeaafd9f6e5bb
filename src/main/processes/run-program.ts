import { spawn } from 'node:child_process';
import { guardAgainstDeath } from './death-guard.ts';

export interface ProgramRun {
  /** Exit code; null when a signal ended it, the time was up, or it could not be started. */
  code: number | null;
  isTimedOut: boolean;
  stdout: string;
  stderr: string;
}

const MAX_OUTPUT_LENGTH = 8 * 1024 ** 2;

/** Runs a program to its end, or kills it when the time is up, or when this program dies. Never rejects: what went wrong stands in `stderr`. */
export function runProgram(
  program: string,
  args: readonly string[],
  { timeoutMs, input = '' }: { timeoutMs: number; input?: string },
): Promise<ProgramRun> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const letGo = child.pid === undefined ? () => undefined : guardAgainstDeath(child.pid, 'KILL');
    const run: ProgramRun = { code: null, isTimedOut: false, stdout: '', stderr: '' };
    const timer = setTimeout(() => {
      run.isTimedOut = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        if (run[name].length < MAX_OUTPUT_LENGTH) run[name] += text;
      });
    }
    child.once('error', (error) => {
      run.stderr += error.message;
      if (child.pid === undefined) finish(null);
    });
    child.once('close', (code) => finish(code));
    const finish = (code: number | null): void => {
      clearTimeout(timer);
      letGo();
      resolve({ ...run, code });
    };
    child.stdin.on('error', () => undefined); // it ended before it read all; `close` follows
    child.stdin.end(input);
  });
}
