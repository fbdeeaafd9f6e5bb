import { RPCHandler } from '@orpc/server/ws';
import type { WebSocket } from 'ws';
import type { CoreRouter } from './handlers.ts';
import { isRpcMessage } from './rpc-message.ts';

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
      void handler.upgrade({
        send: (data: string | Uint8Array) => {
          if (socket.bufferedAmount > HIGH_WATER_BYTES) socket.terminate();
          else if (socket.readyState === socket.OPEN) socket.send(data);
        },
        addEventListener: ((type: 'message' | 'close', listener: (event: unknown) => void) => {
          if (type === 'close') socket.addEventListener('close', listener);
          else socket.addEventListener('message', (event) => acceptsMessage(socket, event.data) && listener(event));
        }) as WebSocket['addEventListener'],
      });
    },
  };
}

/** What is no message of the protocol ends the connection: its sender is no client of ours. */
function acceptsMessage(socket: WebSocket, data: unknown): boolean {
  if (isRpcMessage(data)) return true;
  if (typeof data === 'string') socket.close(CLOSE_INVALID, 'This is no message of the RPC protocol.');
  else socket.close(CLOSE_UNSUPPORTED, 'Messages of this connection are text.');
  return false;
}
