import type { Duplex } from 'node:stream';
import { isPortMessage, PORT_WINDOW_BYTES, type PortMessage } from '../../shared/port-channel.ts';

/** What is needed of the core's end of a message port; Node's and Electron's differ in how they tell of messages. */
export interface ServerPort {
  postMessage(message: PortMessage): void;
  onMessage(listener: (data: unknown) => void): void;
  onClose(listener: () => void): void;
  close(): void;
}

/**
 * Joins a byte stream to the window's `PortChannel`. The stream is paused while more than the agreed number of bytes is
 * on the way; what the window sends is a person's typing and is not held back.
 */
export function joinPortAndChannel(port: ServerPort, channel: Duplex): void {
  let onTheWay = 0;
  const finish = (reason: string) => {
    port.postMessage({ closed: reason });
    port.close();
  };
  channel.on('data', (chunk: Buffer) => {
    onTheWay += chunk.length;
    // A copy: small buffers are slices of a shared one, and a message would carry all of that.
    port.postMessage(Uint8Array.from(chunk));
    if (onTheWay > PORT_WINDOW_BYTES) channel.pause();
  });
  channel.once('error', (error) => finish(error.message));
  channel.once('close', () => finish(channel.errored?.message ?? 'The machine has closed the channel.'));
  port.onMessage((data) => {
    if (!isPortMessage(data)) return;
    if (data instanceof Uint8Array) channel.write(data);
    else if ('closed' in data) channel.destroy();
    else {
      onTheWay -= data.taken;
      if (channel.isPaused() && onTheWay < PORT_WINDOW_BYTES / 2) channel.resume();
    }
  });
  port.onClose(() => channel.destroy());
}
