import { rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { JsonStream, type JsonStreamItem } from './json-stream.ts';
import {
  isRecord,
  QmpError,
  type QmpErrorClass,
  type QmpEvent,
  type QmpGreeting,
  type QmpVersion,
  timestampNow,
} from './protocol.ts';

/**
 * One command: gets the `arguments` (an empty object when there are none) and returns what stands under `return`
 * (undefined: an empty object). Throws `QmpError` to refuse; any other error is a `GenericError` with its message.
 * Commands start in the order in which they came, and may end in another: one that takes long holds up nobody.
 */
export type QmpCommand = (args: Record<string, unknown>) => unknown | Promise<unknown>;

export interface QmpServerOptions {
  version: QmpVersion;
  /** Told in the greeting and by `query-version`; names the program. */
  package: string;
  commands: Record<string, QmpCommand>;
}

export interface QmpServer {
  /** Whether a client has negotiated and is still there. */
  readonly hasOwner: boolean;
  /** Opens a monitor on a unix socket; the umask gives its mode. May be called for several paths. */
  listen(path: string): Promise<void>;
  /** Sends an event to every client that has negotiated. */
  emit(event: string, data?: Record<string, unknown>): void;
  /** Stops listening, lets written replies go out, then closes every connection. */
  close(): Promise<void>;
}

/** Longest message from a client, in characters. */
const MAX_REQUEST_LENGTH = 1024 ** 2;
/** Replies that a client may leave unread, in bytes, before it is let go. */
const MAX_UNREAD_BYTES = 64 * 1024 ** 2;
/** Connections to one path that have not negotiated yet; the oldest gives way. */
const MAX_WAITING = 4;
/** Messages without sense, one after another, before the connection is closed. */
const MAX_GARBAGE = 8;
const CLOSE_GRACE_MS = 500;

const REQUEST_MEMBERS = ['execute', 'arguments', 'id'];

/** A server of the QEMU Machine Protocol on unix sockets ("QMP Protocol Specification", 2.2 to 2.5). */
export function createQmpServer(options: QmpServerOptions): QmpServer {
  const version = { qemu: options.version, package: options.package };
  const commands: Map<string, QmpCommand> = new Map([
    ...Object.entries(options.commands),
    ['query-version', () => version],
    ['query-commands', () => [...commands.keys(), 'qmp_capabilities'].map((name) => ({ name }))],
  ]);
  const monitors: Monitor[] = [];
  return {
    get hasOwner() {
      return monitors.some(({ isOwned }) => isOwned);
    },
    async listen(path) {
      const monitor = new Monitor({ QMP: { version, capabilities: [] } }, commands);
      await monitor.listen(path);
      monitors.push(monitor);
    },
    emit(event, data) {
      const message: QmpEvent = { event, ...(data === undefined ? {} : { data }), timestamp: timestampNow() };
      for (const monitor of monitors) monitor.emit(message);
    },
    async close() {
      await Promise.all(monitors.map((monitor) => monitor.close()));
    },
  };
}

/**
 * One socket with one owner at a time. Who has connected but not negotiated owns nothing: a stray connection must not
 * keep the program from its machine.
 */
class Monitor {
  readonly #greeting: QmpGreeting;
  readonly #commands: ReadonlyMap<string, QmpCommand>;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #owner: Connection | undefined;

  constructor(greeting: QmpGreeting, commands: ReadonlyMap<string, QmpCommand>) {
    this.#greeting = greeting;
    this.#commands = commands;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  get isOwned(): boolean {
    return this.#owner !== undefined;
  }

  async listen(path: string): Promise<void> {
    await rm(path, { force: true });
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  emit(event: QmpEvent): void {
    this.#owner?.send(event);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const connection of this.#connections) connection.end();
    const timer = setTimeout(() => {
      for (const connection of this.#connections) connection.destroy();
    }, CLOSE_GRACE_MS);
    await closed;
    clearTimeout(timer);
  }

  #accept(socket: Socket): void {
    const connection = new Connection(socket, this.#commands, (applicant) => this.#negotiate(applicant));
    if (this.#owner !== undefined) {
      connection.refuse('Another client owns this monitor.');
      return;
    }
    this.#connections.add(connection);
    socket.on('close', () => {
      this.#connections.delete(connection);
      if (this.#owner === connection) this.#owner = undefined;
    });
    if (this.#connections.size > MAX_WAITING) [...this.#connections][0]?.refuse('Too many clients are waiting.');
    connection.send(this.#greeting);
  }

  #negotiate(applicant: Connection): boolean {
    this.#owner ??= applicant;
    return this.#owner === applicant;
  }
}

class Connection {
  readonly #socket: Socket;
  readonly #commands: ReadonlyMap<string, QmpCommand>;
  readonly #negotiate: (applicant: Connection) => boolean;
  readonly #stream = new JsonStream(MAX_REQUEST_LENGTH);
  #isNegotiated = false;
  #garbage = 0;

  constructor(socket: Socket, commands: ReadonlyMap<string, QmpCommand>, negotiate: (self: Connection) => boolean) {
    this.#socket = socket;
    this.#commands = commands;
    this.#negotiate = negotiate;
    socket.on('error', () => socket.destroy()); // the client went away: 'close' follows, and nothing else is to be done
    socket.on('data', (bytes) => {
      for (const item of this.#stream.push(bytes)) this.#take(item);
    });
  }

  send(message: object): void {
    if (!this.#socket.writable) return;
    this.#socket.write(`${JSON.stringify(message)}\r\n`);
    if (this.#socket.writableLength > MAX_UNREAD_BYTES) this.#socket.destroy();
  }

  /** Says why and closes. */
  refuse(desc: string): void {
    this.#fail('GenericError', desc, {});
    this.end();
  }

  /** Closes once what was written has gone out; what still comes in is not read. */
  end(): void {
    this.#socket.removeAllListeners('data').resume();
    this.#socket.end();
    setTimeout(() => this.#socket.destroy(), CLOSE_GRACE_MS).unref();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(item: JsonStreamItem): void {
    if (!this.#socket.writable) return;
    if (item.kind === 'hopeless') {
      this.refuse(item.reason);
      return;
    }
    const problem = item.kind === 'garbage' ? item.reason : this.#execute(item.value);
    if (problem === undefined) {
      this.#garbage = 0;
      return;
    }
    this.#garbage += 1;
    if (this.#garbage >= MAX_GARBAGE) {
      this.refuse(`${problem} That was too often.`);
      return;
    }
    const id = item.kind === 'value' && isRecord(item.value) ? item.value.id : undefined;
    this.#fail('GenericError', problem, id === undefined ? {} : { id });
  }

  /** Starts what the message asks for, or says why the message makes no sense. */
  #execute(message: unknown): string | undefined {
    if (!isRecord(message)) return 'A JSON object was expected.';
    const { execute, arguments: args = {}, id } = message;
    const stray = Object.keys(message).find((key) => !REQUEST_MEMBERS.includes(key));
    if (stray !== undefined) return `The member '${stray}' is not known.`;
    if (typeof execute !== 'string') return "The member 'execute' must name a command.";
    if (!isRecord(args)) return "The member 'arguments' must be an object.";
    this.#answer(execute, args, id === undefined ? {} : { id });
    return undefined;
  }

  /** A command that is done at once is answered at once, so that replies stand in the order of their requests. */
  #answer(name: string, args: Record<string, unknown>, tag: { id?: unknown }): void {
    try {
      const value = this.#run(name, args);
      if (value instanceof Promise) {
        value.then(
          (late: unknown) => this.send({ return: late ?? {}, ...tag }),
          (error: unknown) => this.#failWith(error, tag),
        );
      } else {
        this.send({ return: value ?? {}, ...tag });
      }
    } catch (error) {
      this.#failWith(error, tag);
    }
  }

  #run(name: string, args: Record<string, unknown>): unknown {
    if (name === 'qmp_capabilities') return this.#openCommandMode();
    if (!this.#isNegotiated) throw new QmpError('CommandNotFound', "Send 'qmp_capabilities' before any other command.");
    const command = this.#commands.get(name);
    if (command === undefined) throw new QmpError('CommandNotFound', `There is no command '${name}'.`);
    return command(args);
  }

  #openCommandMode(): object {
    if (this.#isNegotiated) throw new QmpError('CommandNotFound', 'Capabilities were negotiated before.');
    if (!this.#negotiate(this)) throw new QmpError('GenericError', 'Another client owns this monitor.');
    this.#isNegotiated = true;
    return {};
  }

  #failWith(error: unknown, tag: { id?: unknown }): void {
    const desc = error instanceof Error ? error.message : String(error);
    this.#fail(error instanceof QmpError ? error.errorClass : 'GenericError', desc, tag);
  }

  #fail(errorClass: QmpErrorClass, desc: string, tag: { id?: unknown }): void {
    this.send({ error: { class: errorClass, desc }, ...tag });
  }
}
