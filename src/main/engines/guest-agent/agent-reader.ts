import type { Socket } from 'node:net';
import { InnError } from '../../../shared/errors.ts';

const DELIMITER = 0xff;
const LINE_END = 0x0a;
/** Output of a program comes as one line of base64; agents keep 16 MiB of each stream at most. */
const MAX_MESSAGE_BYTES = 64 * 1024 ** 2;

/** Takes a guest agent's bytes apart. The guest may send anything: no more is kept than one message. */
export class AgentReader {
  readonly #socket: Socket;
  readonly #limit: AbortSignal;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #isOver = false;
  #wake: () => void = () => {};
  readonly #onData = (chunk: Buffer): void => this.#take(chunk);
  readonly #onEnd = (): void => {
    this.#isOver = true;
    this.#wake();
  };

  constructor(socket: Socket, limit: AbortSignal) {
    this.#socket = socket;
    this.#limit = limit;
    socket.on('data', this.#onData);
    socket.on('close', this.#onEnd);
    socket.on('error', this.#onEnd);
    limit.addEventListener('abort', () => this.#wake(), { once: true });
  }

  /** Hears no more of the socket, which stays as it is. */
  release(): void {
    this.#socket.off('data', this.#onData);
    this.#socket.off('close', this.#onEnd);
    this.#socket.off('error', this.#onEnd);
    this.#socket.resume();
  }

  /** Drops everything up to the next delimiter. */
  async delimiter(): Promise<void> {
    await this.#until(DELIMITER);
  }

  /** The next line, as JSON. @throws InnError `AGENT_FAILED` when it is none */
  async message(): Promise<unknown> {
    for (;;) {
      const line = (await this.#until(LINE_END)).toString('utf8').trim();
      if (line === '') continue;
      try {
        return JSON.parse(line);
      } catch (cause) {
        throw new InnError('AGENT_FAILED', 'The guest agent answers with something that is no JSON.', { cause });
      }
    }
  }

  async #until(mark: number): Promise<Buffer> {
    for (let seen = 0; ; ) {
      const chunk = this.#chunks[seen];
      if (chunk === undefined) {
        if (this.#isOver) throw new InnError('AGENT_MISSING', 'The guest agent closed the line before it answered.');
        await this.#more();
        continue;
      }
      const at = chunk.indexOf(mark);
      if (at >= 0) return this.#cut(seen, at);
      seen += 1;
    }
  }

  /** What stands before the mark; the mark itself is dropped. */
  #cut(index: number, at: number): Buffer {
    const last = this.#chunks[index] ?? Buffer.alloc(0);
    const found = Buffer.concat([...this.#chunks.slice(0, index), last.subarray(0, at)]);
    this.#chunks = [last.subarray(at + 1), ...this.#chunks.slice(index + 1)];
    this.#bytes -= found.length + 1;
    return found;
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_MESSAGE_BYTES) this.#socket.destroy();
    this.#wake();
  }

  async #more(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (this.#limit.aborted) resolve();
    });
    this.#limit.throwIfAborted();
  }
}
