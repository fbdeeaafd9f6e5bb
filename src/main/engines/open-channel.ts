import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { InnError } from '../../shared/errors.ts';

const CHANNEL_TIMEOUT_MS = 5_000;

/**
 * Connects to a channel of a machine process. The stream that comes back ends with `close` in every case; its errors
 * need no listener.
 * @param channel what it is called in messages
 * @throws InnError `ENGINE_FAILED`, `ENGINE_TIMEOUT`
 */
export function openChannel(channel: string, socketPath: string): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    const fail = (code: 'ENGINE_FAILED' | 'ENGINE_TIMEOUT', message: string, cause?: unknown): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new InnError(code, message, { cause, details: { channel } }));
    };
    const timer = setTimeout(() => {
      fail('ENGINE_TIMEOUT', `The engine did not open its ${channel} within ${CHANNEL_TIMEOUT_MS / 1000} seconds.`);
    }, CHANNEL_TIMEOUT_MS);
    socket.once('error', (cause) => fail('ENGINE_FAILED', `The engine's ${channel} cannot be reached.`, cause));
    socket.on('error', () => socket.destroy()); // also of a stream that is in use: 'close' follows and says enough
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
  });
}
