import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { toErrorReport } from '../../shared/errors.ts';
import type { ConsoleTickets } from './console-tickets.ts';

/** Bytes that wait for a slow reader before its source is paused; the source goes on below a quarter of it. */
const HIGH_WATER_BYTES = 1024 * 1024;

/** Status codes of WebSockets (RFC 6455 §7.4.1). */
const CLOSE_NORMAL = 1000;
const CLOSE_FAILED = 1011;
/** A close frame holds at most 123 bytes of reason (RFC 6455 §5.5). */
const LONGEST_REASON_BYTES = 123;

/**
 * Redeems the ticket and joins its byte stream to the WebSocket, until either ends. Bytes travel in binary frames of any
 * size. What goes wrong is told in the close frame. What the client sends before the channel stands waits in the socket.
 */
export async function serveConsole(socket: WebSocket, ticket: string, tickets: ConsoleTickets): Promise<void> {
  socket.pause();
  socket.on('error', () => socket.terminate());
  try {
    const channel = await tickets.redeem(ticket);
    joinSocketAndChannel(socket, channel);
  } catch (error) {
    closeSocket(socket, CLOSE_FAILED, toErrorReport(error).message);
  }
  socket.resume();
}

/** Pipes both ways with back pressure: the slower side slows the faster one, and nothing piles up between them. */
export function joinSocketAndChannel(socket: WebSocket, channel: Duplex): void {
  if (socket.readyState !== socket.OPEN) {
    channel.destroy();
    return;
  }
  channel.on('data', (chunk: Buffer) => {
    socket.send(chunk, () => {
      if (channel.isPaused() && socket.bufferedAmount < HIGH_WATER_BYTES / 4) channel.resume();
    });
    if (socket.bufferedAmount > HIGH_WATER_BYTES) channel.pause();
  });
  channel.on('drain', () => socket.resume());
  channel.on('error', (error) => closeSocket(socket, CLOSE_FAILED, error.message));
  channel.on('end', () => closeSocket(socket, CLOSE_NORMAL, 'The machine has closed the channel.'));
  channel.on('close', () => closeSocket(socket, CLOSE_NORMAL, 'The machine has closed the channel.'));

  socket.on('message', (data) => {
    if (channel.writable && !channel.write(toBuffer(data))) socket.pause();
  });
  socket.on('close', () => channel.destroy());
}

function toBuffer(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}

function closeSocket(socket: WebSocket, code: number, reason: string): void {
  const bytes = Buffer.from(reason).subarray(0, LONGEST_REASON_BYTES);
  // A character cut in half at the end is dropped: the reason must be valid UTF-8.
  socket.close(code, bytes.toString('utf8').replace(/\uFFFD+$/, ''));
}
