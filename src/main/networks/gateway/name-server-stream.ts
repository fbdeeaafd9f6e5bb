import type { Duplex } from 'node:stream';

const IDLE_MS = 10_000;
/** Questions of one connection that are answered at a time; further ones wait in the connection itself. */
const MAX_PENDING = 8;
const MAX_QUERY_BYTES = 4096;

/**
 * Serves names over a stream: each message behind its length in two bytes (RFC 1035, section 4.2.2), many on one
 * connection, which ends when it is idle (RFC 7766).
 */
export async function serveNames(
  stream: Duplex,
  answer: (query: Uint8Array) => Promise<Uint8Array | undefined>,
): Promise<void> {
  const idle = setTimeout(() => stream.destroy(), IDLE_MS).unref();
  const pending = new Set<Promise<void>>();
  const reply = async (query: Uint8Array): Promise<void> => {
    const message = await answer(query);
    if (!message || stream.destroyed) return;
    stream.write(Buffer.concat([Buffer.from([message.length >>> 8, message.length & 255]), message]));
  };
  try {
    for await (const query of readMessages(stream)) {
      idle.refresh();
      const work = reply(query).finally(() => pending.delete(work));
      pending.add(work);
      if (pending.size >= MAX_PENDING) await Promise.race(pending);
    }
    await Promise.all(pending);
    stream.end();
  } catch {
    // The guest broke off, or said something that is no query: there is nobody to tell.
    stream.destroy();
  } finally {
    clearTimeout(idle);
  }
}

async function* readMessages(stream: Duplex): AsyncGenerator<Uint8Array> {
  let held = Buffer.alloc(0);
  // Iterating with the usual settings would destroy the stream, and with it the answers that are still to come.
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    held = Buffer.concat([held, chunk]);
    for (let length = messageLength(held); length !== undefined; length = messageLength(held)) {
      yield held.subarray(2, 2 + length);
      held = held.subarray(2 + length);
    }
  }
}

/** The length of a message that is here in full. @throws RangeError when it announces more than a query can have */
function messageLength(held: Buffer): number | undefined {
  if (held.length < 2) return undefined;
  const length = held.readUInt16BE(0);
  if (length > MAX_QUERY_BYTES) throw new RangeError(`A query of ${length} bytes`);
  return held.length >= 2 + length ? length : undefined;
}
