import { fstatSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { GO } from './spawner-words.ts';

const SPAWNER_FD = 3;

/**
 * The program that started this process, at the other end of file descriptor 3. Until the guest runs for the first time
 * nobody else knows of this process for sure: when that program dies before, this process must end by itself. The end of
 * the connection tells it at once, and it cannot be missed, as a time limit or a look at the parent's id could.
 */
export class Spawner {
  readonly #socket: Socket | undefined;
  readonly #permission = Promise.withResolvers<void>();
  #isReleased = false;

  /** @param onHangUp called once when that program is gone and the guest has never run */
  constructor(onHangUp: () => void) {
    this.#socket = hasSpawner() ? new Socket({ fd: SPAWNER_FD, readable: true, writable: true }) : undefined;
    if (!this.#socket) this.#permission.resolve(); // started by hand: nobody waits, and nobody can hang up
    let text = '';
    this.#socket?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.startsWith(GO)) this.#permission.resolve();
    });
    this.#socket?.on('error', () => undefined); // its `close` follows
    this.#socket?.on('close', () => {
      if (!this.#isReleased) onHangUp();
    });
  }

  /** Resolves when this process is written down. Before that nothing in the runtime folder may be touched. */
  permission(): Promise<void> {
    return this.#permission.promise;
  }

  /** Says that the machine is ready, or why it is not; synchronous, for the last moment of a process. */
  report(line: string): void {
    if (!this.#socket) return;
    try {
      writeSync(SPAWNER_FD, `${line}\n`);
    } catch {
      // It is gone, which `close` tells too.
    }
  }

  /** The guest runs: from here on that program may come and go. */
  release(): void {
    this.#isReleased = true;
    this.#socket?.destroy();
  }
}

/** Node's spawn gives a socket. When nothing was given, Node itself may have a pipe of its own there. */
function hasSpawner(): boolean {
  try {
    return fstatSync(SPAWNER_FD).isSocket();
  } catch {
    return false; // not open
  }
}
