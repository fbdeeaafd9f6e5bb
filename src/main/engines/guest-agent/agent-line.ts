import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { InnError } from '../../../shared/errors.ts';
import { isRecord } from '../qmp/protocol.ts';
import { AgentReader } from './agent-reader.ts';

/** Before a command: drops what stands in the agent's parser half read (QEMU guest agent protocol, `guest-sync-delimited`). */
const DELIMITER = Buffer.from([0xff]);

export interface AgentCallOptions {
  timeoutMs: number;
}

/**
 * The line to a guest agent, over a unix socket. It is held open: an agent whose line nobody holds wakes its guest ten times a
 * second to look. Each call finds the beginning of the agent's words anew, and one that goes wrong closes the line: what an
 * agent says too late, or never finishes, reaches nobody. One call at a time; the others wait, and their patience begins when
 * it is their turn.
 */
export class AgentLine {
  readonly #socketPath: string;
  #socket: Socket | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #syncs = Math.floor(Math.random() * 2 ** 30);
  #isClosed = false;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** Takes the line up when nobody holds it; a call does that, too. */
  hold(): void {
    if (!this.#isClosed) this.#open();
  }

  /** @throws InnError `AGENT_MISSING`, `AGENT_FAILED`, `TIMEOUT` */
  execute(command: string, args: Record<string, unknown>, options: AgentCallOptions): Promise<unknown> {
    const call = this.#turn.then(() => this.#call(command, args, options));
    this.#turn = call.catch(() => undefined); // its caller hears of it
    return call;
  }

  /** Lets go of the line for good. */
  close(): void {
    this.#isClosed = true;
    this.#socket?.destroy();
  }

  async #call(command: string, args: Record<string, unknown>, options: AgentCallOptions): Promise<unknown> {
    if (this.#isClosed) throw new InnError('AGENT_MISSING', 'The line to the guest agent is closed.');
    const limit = AbortSignal.timeout(options.timeoutMs);
    const socket = this.#open();
    const reader = new AgentReader(socket, limit);
    try {
      if (socket.connecting) await once(socket, 'connect', { signal: limit });
      await this.#synchronise(socket, reader);
      send(socket, command, args);
      return answerOf(command, await reader.message());
    } catch (error) {
      socket.destroy();
      throw explain(error, command, limit.aborted ? options.timeoutMs : undefined);
    } finally {
      reader.release();
    }
  }

  #open(): Socket {
    if (this.#socket && !this.#socket.destroyed) return this.#socket;
    const socket = connect(this.#socketPath);
    socket.on('error', () => undefined); // who waits for the line hears of its end
    socket.resume(); // what an agent says without being asked goes nowhere
    this.#socket = socket;
    return socket;
  }

  async #synchronise(socket: Socket, reader: AgentReader): Promise<void> {
    this.#syncs += 1;
    const id = this.#syncs;
    socket.write(DELIMITER);
    send(socket, 'guest-sync-delimited', { id });
    for (;;) {
      await reader.delimiter();
      const message = await reader.message();
      if (isRecord(message) && message.return === id) return;
    }
  }
}

function send(socket: Socket, execute: string, args: Record<string, unknown>): void {
  socket.write(`${JSON.stringify({ execute, arguments: args })}\n`);
}

function answerOf(command: string, message: unknown): unknown {
  if (isRecord(message) && 'return' in message) return message.return;
  const { class: errorClass, desc } = isRecord(message) && isRecord(message.error) ? message.error : {};
  const said = typeof desc === 'string' ? `: ${desc}` : ' in words that make no sense.';
  throw new InnError('AGENT_FAILED', `The guest agent refused '${command}'${said}`, {
    details: { command, errorClass },
  });
}

function explain(error: unknown, command: string, timedOutAfterMs: number | undefined): unknown {
  if (error instanceof InnError) return error;
  if (timedOutAfterMs !== undefined) {
    return new InnError('TIMEOUT', `The guest agent did not answer '${command}' within ${timedOutAfterMs / 1000} s.`, {
      hint: 'The guest may be busy, or its agent may hang.',
      details: { command },
      cause: error,
    });
  }
  return new InnError('AGENT_MISSING', 'The line to the guest agent is closed.', {
    cause: error,
    details: { command },
  });
}
