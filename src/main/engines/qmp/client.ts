import { connect, type Socket } from 'node:net';
import { InnError } from '../../../shared/errors.ts';
import { JsonStream, type JsonStreamItem } from './json-stream.ts';
import { isRecord, type QmpError, type QmpEvent, readErrorBody, readEvent } from './protocol.ts';

export interface QmpConnectOptions {
  /** How long greeting and negotiation may take, in milliseconds. */
  timeoutMs: number;
  signal?: AbortSignal;
}

export interface QmpCallOptions {
  /** How long the answer may take, in milliseconds. */
  timeoutMs?: number;
}

/** Longest message from an engine, in characters: a screenshot in base64 is by far the longest. */
const MAX_MESSAGE_LENGTH = 128 * 1024 ** 2;
const CALL_TIMEOUT_MS = 10_000;

interface PendingCall {
  command: string;
  resolve: (value: unknown) => void;
  reject: (error: InnError) => void;
}

/**
 * One connection to a monitor, in command mode. Replies find their calls by id, in whatever order they come.
 * All failures are `InnError`: `ENGINE_FAILED` with the engine's own words when it refused or went away (the
 * `QmpError` is its cause), `ENGINE_TIMEOUT` when it did not answer.
 */
export class QmpClient {
  /** Settles when the connection has ended, whoever ended it; never rejects. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #stream = new JsonStream(MAX_MESSAGE_LENGTH);
  readonly #calls = new Map<number, PendingCall>();
  readonly #listeners = new Set<(event: QmpEvent) => void>();
  #lastId = 0;
  #greet: PendingCall | undefined;
  /** Why the engine closed the connection, when it said so. */
  #farewell: QmpError | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => {
      for (const item of this.#stream.push(bytes)) this.#take(item);
    });
    socket.on('error', () => socket.destroy()); // 'close' follows and fails whatever is still waiting
    this.closed = new Promise((resolve) =>
      socket.once('close', () => {
        this.#failAll();
        resolve();
      }),
    );
  }

  /**
   * Connects to the monitor at `path`, reads the greeting and negotiates (QMP specification 2.2 and 3).
   * @throws InnError `ENGINE_FAILED`, `ENGINE_TIMEOUT`, `CANCELLED`
   */
  static async connect(path: string, options: QmpConnectOptions): Promise<QmpClient> {
    const deadline = performance.now() + options.timeoutMs;
    const socket = await openSocket(path, options);
    const client = new QmpClient(socket);
    const abort = (): void => client.close();
    options.signal?.addEventListener('abort', abort, { once: true });
    try {
      await client.#greeting(deadline);
      await client.execute('qmp_capabilities', {}, { timeoutMs: Math.max(1, deadline - performance.now()) });
      return client;
    } catch (error) {
      client.close();
      throw options.signal?.aborted ? cancelled() : error;
    } finally {
      options.signal?.removeEventListener('abort', abort);
    }
  }

  /**
   * Calls a command and returns what stands under `return`.
   * @throws InnError `ENGINE_FAILED`, `ENGINE_TIMEOUT`
   */
  execute(command: string, args: Record<string, unknown> = {}, options: QmpCallOptions = {}): Promise<unknown> {
    const { timeoutMs = CALL_TIMEOUT_MS } = options;
    const id = ++this.#lastId;
    return this.#expect(command, timeoutMs, (call) => {
      this.#calls.set(id, call);
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\r\n`);
      return () => this.#calls.delete(id);
    });
  }

  /** Calls the listener at each event from now on; returns how to stop listening. */
  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends the connection; the machine goes on. */
  close(): void {
    this.#socket.destroy();
  }

  #greeting(deadline: number): Promise<unknown> {
    return this.#expect('greeting', Math.max(1, deadline - performance.now()), (call) => {
      this.#greet = call;
      return () => {
        this.#greet = undefined;
      };
    });
  }

  #expect(command: string, timeoutMs: number, begin: (call: PendingCall) => () => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) {
        reject(this.#goneError(command));
        return;
      }
      const timer = setTimeout(() => settle(() => reject(timeoutError(command, timeoutMs))), timeoutMs);
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        forget();
        act();
      };
      const forget = begin({
        command,
        resolve: (value) => settle(() => resolve(value)),
        reject: (error) => settle(() => reject(error)),
      });
    });
  }

  #take(item: JsonStreamItem): void {
    if (item.kind !== 'value' || !isRecord(item.value)) {
      this.#socket.destroy(); // an engine that writes no JSON is no engine: whoever waits is told that it is gone
      return;
    }
    const message = item.value;
    if ('QMP' in message) this.#greet?.resolve(message.QMP);
    else if (typeof message.event === 'string') this.#announce(readEvent(message.event, message));
    else this.#answer(message);
  }

  #answer(message: Record<string, unknown>): void {
    const call = typeof message.id === 'number' ? this.#calls.get(message.id) : undefined;
    if ('error' in message) {
      const refusal = readErrorBody(message.error);
      if (call === undefined) this.#farewell = refusal;
      else call.reject(refusedError(call.command, refusal));
    } else {
      call?.resolve(message.return); // an answer to a call that timed out is of no use any more
    }
  }

  #announce(event: QmpEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  #failAll(): void {
    this.#greet?.reject(this.#goneError('greeting'));
    for (const call of [...this.#calls.values()]) call.reject(this.#goneError(call.command));
  }

  #goneError(command: string): InnError {
    if (this.#farewell !== undefined) return refusedError(command, this.#farewell);
    return new InnError('ENGINE_FAILED', `The engine closed the connection before it answered '${command}'.`, {
      details: { command },
    });
  }
}

function openSocket(path: string, { timeoutMs, signal }: QmpConnectOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(cancelled());
      return;
    }
    const socket = connect(path);
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      socket.removeAllListeners();
      act();
    };
    const fail = (error: InnError): void =>
      settle(() => {
        socket.on('error', () => socket.destroy()); // late errors of a socket that nobody has any more
        socket.destroy();
        reject(error);
      });
    const abort = (): void => fail(cancelled());
    const timer = setTimeout(() => fail(timeoutError('connect', timeoutMs)), timeoutMs);
    signal?.addEventListener('abort', abort, { once: true });
    socket.once('connect', () => settle(() => resolve(socket)));
    socket.once('error', (cause) => {
      fail(new InnError('ENGINE_FAILED', `The engine cannot be reached at '${path}'.`, { cause, details: { path } }));
    });
  });
}

const cancelled = (): InnError => new InnError('CANCELLED', 'The connection to the engine was cancelled.');

function refusedError(command: string, cause: QmpError): InnError {
  return new InnError('ENGINE_FAILED', `The engine refused '${command}': ${cause.message}`, {
    cause,
    details: { command, errorClass: cause.errorClass, reason: cause.message },
  });
}

function timeoutError(command: string, timeoutMs: number): InnError {
  const seconds = Math.round(timeoutMs / 100) / 10;
  return new InnError('ENGINE_TIMEOUT', `The engine did not answer '${command}' within ${seconds} seconds.`, {
    hint: 'The host may be overloaded, or the engine hangs; power the machine off if it does not recover.',
    details: { command, timeoutMs },
  });
}
