import { RPCHandler } from '@orpc/server/ws';
import type { WebSocket } from 'ws';
import type { CoreRouter } from './handlers.ts';

/** Bytes that may wait for one slow window before its connection is ended; it then connects anew. */
const HIGH_WATER_BYTES = 64 * 1024 * 1024;

/** Status codes of WebSockets (RFC 6455 §7.4.1). */
const CLOSE_UNSUPPORTED = 1003;
const CLOSE_INVALID = 1007;

/** Serves the contract over WebSockets: `accept` takes each one that was let in. */
export function createRpcServer(router: CoreRouter): { accept(socket: WebSocket): void } {
  const handler = new RPCHandler(router);
  return {
    accept(socket) {
      socket.on('error', () => socket.terminate());
      const { open, isMessage } = guardMessages(socket);
      void handler.upgrade({
        send: (data: string | Uint8Array) => {
          if (socket.bufferedAmount > HIGH_WATER_BYTES) socket.terminate();
          else if (open()) socket.send(data);
        },
        addEventListener: ((type: 'message' | 'close', listener: (event: unknown) => void) => {
          if (type === 'close') socket.addEventListener('close', listener);
          else socket.addEventListener('message', (event) => isMessage(event.data) && listener(event));
        }) as WebSocket['addEventListener'],
      });
    },
  };
}

/** What is no message of the protocol ends the connection: its sender is no client of ours. */
function guardMessages(socket: WebSocket) {
  return {
    open: () => socket.readyState === socket.OPEN,
    isMessage(data: unknown): boolean {
      if (typeof data !== 'string') {
        socket.close(CLOSE_UNSUPPORTED, 'Messages of this connection are text.');
        return false;
      }
      if (isRpcMessage(data)) return true;
      socket.close(CLOSE_INVALID, 'This is no message of the RPC protocol.');
      return false;
    },
  };
}

/** An envelope of oRPC's peer protocol: an id, and a request (`u` is its path) unless its type says otherwise. */
export function isRpcMessage(text: string): boolean {
  try {
    const message: unknown = JSON.parse(text);
    if (typeof message !== 'object' || message === null || !('i' in message)) return false;
    if (typeof message.i !== 'string') return false;
    if ('t' in message) return message.t === 3 || message.t === 4;
    return 'p' in message && isRequest(message.p);
  } catch {
    return false;
  }
}

function isRequest(payload: unknown): boolean {
  return (
    typeof payload === 'object' &&
    payload !== null &&
    'u' in payload &&
    typeof payload.u === 'string' &&
    payload.u.startsWith('/')
  );
}
