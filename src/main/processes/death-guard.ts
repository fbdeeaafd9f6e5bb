import { spawn } from 'node:child_process';

/** Its input ends without a line when whoever holds the other end is gone, however it went. */
const GUARD_SCRIPT = 'read -r _ || kill -s "$2" "$1"';

/**
 * A tiny process that signals another one when this program dies, even by SIGKILL: a machine must not stand still for
 * good, or a trial run for good, because nobody is left to see to it.
 * @param signal name without `SIG`, as kill(1) takes it
 * @returns how to end the care: the process is not signalled then
 */
export function guardAgainstDeath(pid: number, signal: 'CONT' | 'KILL'): () => void {
  const guard = spawn('/bin/sh', ['-c', GUARD_SCRIPT, 'innkeeper-guard', String(pid), signal], {
    detached: true, // what ends this program by its process group must not end it
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.on('error', () => undefined); // no shell: then there is no guard
  guard.stdin.on('error', () => undefined); // it has ended already
  guard.unref();
  if ('unref' in guard.stdin && typeof guard.stdin.unref === 'function') guard.stdin.unref(); // a socket, in truth
  return () => guard.stdin.end('\n');
}
