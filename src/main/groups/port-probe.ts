import { connect } from 'node:net';

/** Where a port of a guest can be reached from the host. */
export interface PortPlace {
  host: string;
  port: number;
}

/**
 * A gateway takes a connection before it knows what the guest says, and resets it when the guest refuses. A connection
 * that stands this long, in milliseconds, stands in the guest: a system that is up refuses within a round trip, and one that
 * is emulated on a busy host within a few seconds.
 */
const STANDS_AFTER_MS = 4000;

/**
 * Whether a server of the guest answers: it sent something, or holds the connection. Never rejects.
 * @param standsAfterMs how long a silent connection must stand to count
 */
export function answersOnPort(
  { host, port }: PortPlace,
  signal: AbortSignal,
  standsAfterMs: number = STANDS_AFTER_MS,
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port });
  const stands = setTimeout(() => resolve(!socket.connecting), standsAfterMs);
  const giveUp = () => resolve(false);
  signal.addEventListener('abort', giveUp, { once: true });
  socket.once('data', () => resolve(true));
  for (const end of ['end', 'error', 'close']) socket.once(end, giveUp);
  return promise.finally(() => {
    clearTimeout(stands);
    signal.removeEventListener('abort', giveUp);
    socket.on('error', () => undefined); // What comes after the answer is nobody's concern.
    socket.destroy();
  });
}
