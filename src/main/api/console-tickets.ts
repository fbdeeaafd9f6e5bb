import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { ConsoleChannel } from '../../shared/console-contract.ts';
import { InnError } from '../../shared/errors.ts';
import type { MachineId } from '../../shared/model/machine.ts';
import type { CoreServices } from './services.ts';

/** A ticket is handed from one call to the next connection: seconds are plenty. */
export const TICKET_LIFETIME_MS = 30_000;

/** Path of the WebSocket that takes tickets. */
export const CONSOLE_PATH = '/console';

interface Ticket {
  machine: MachineId;
  channel: ConsoleChannel;
  expiresAtMs: number;
}

/**
 * One-use permissions to open the byte stream of a machine's screen or serial port. They stand in for the token where
 * no header can be set, and are worth nothing after use or 30 s.
 */
export class ConsoleTickets {
  readonly #tickets = new Map<string, Ticket>();
  readonly #runner: Pick<CoreServices['runner'], 'openChannel'>;
  readonly #nowMs: () => number;

  /** `nowMs` is a clock that never goes back. */
  constructor(runner: Pick<CoreServices['runner'], 'openChannel'>, nowMs: () => number = () => performance.now()) {
    this.#runner = runner;
    this.#nowMs = nowMs;
  }

  issue(machine: MachineId, channel: ConsoleChannel): { ticket: string; path: string } {
    this.#dropExpired();
    const ticket = randomBytes(24).toString('base64url');
    this.#tickets.set(ticket, { machine, channel, expiresAtMs: this.#nowMs() + TICKET_LIFETIME_MS });
    return { ticket, path: `${CONSOLE_PATH}?ticket=${ticket}` };
  }

  /**
   * Uses the ticket up and opens its stream.
   * @throws InnError `UNAUTHORIZED` when it is unknown, used or too old; whatever opening the channel throws.
   */
  async redeem(ticket: string): Promise<Duplex> {
    this.#dropExpired();
    const found = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    if (!found) {
      throw new InnError('UNAUTHORIZED', 'The ticket for the console is unknown, used or too old.', {
        hint: `Ask for a new one; each opens one connection within ${TICKET_LIFETIME_MS / 1000} s.`,
      });
    }
    return this.#runner.openChannel(found.machine, found.channel);
  }

  #dropExpired(): void {
    const now = this.#nowMs();
    for (const [ticket, { expiresAtMs }] of this.#tickets) if (expiresAtMs <= now) this.#tickets.delete(ticket);
  }
}
