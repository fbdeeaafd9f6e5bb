import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';

/**
 * Waits for a line on file 3, then becomes the program: the same process, with the same id and start time. When whoever
 * holds the other end is gone first, it ends, and the program has never run.
 */
const LAUNCH_SCRIPT = 'read -r _ <&3 || exit 0; exec "$@" 3<&-';

/** File 3 of the process, for `stdio` of spawn. */
export const PERMISSION_FILE = 'pipe';

/**
 * The program and arguments of a process that becomes `binary` when it is given permission. QEMU cannot be told to
 * wait itself: a process that this program has started, and has had no time to write down before it was killed, would
 * go on for good.
 */
export function waitingCommand(binary: string, args: readonly string[]): [program: string, args: string[]] {
  return ['/bin/sh', ['-c', LAUNCH_SCRIPT, 'innkeeper-launcher', binary, ...args]];
}

/** Lets a process of `waitingCommand` go on; it is written down now. */
export function givePermission({ stdio }: ChildProcess): void {
  const pipe = stdio[3];
  if (!(pipe instanceof Socket)) throw new TypeError('The process was started without its file 3.');
  pipe.on('error', () => undefined); // the process is gone, which is told otherwise
  pipe.end('go\n');
  pipe.unref();
}
