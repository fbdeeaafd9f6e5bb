import type { MachineId } from '../../shared/model/machine.ts';
import { addUsage, type UsageQuantities } from '../../shared/model/usage-quantities.ts';
import type { UsageBatch, UsageSubject } from '../db/usage-table.ts';
import type { GuestUsage } from '../engines/engine.ts';
import type { SessionAccount, StorageAccount } from './account-record.ts';
import { chargeSession, chargeStorage } from './charge.ts';
import { spread } from './spread.ts';
import { KEPT_MS, MACHINES_SUBJECT, NO_PEAKS, TIER_MS, type UsagePeaks, type UsageRow } from './usage-record.ts';

/** A session as its runtime record names it. */
export interface MeteredSession {
  machineId: MachineId;
  session: string;
  startedAtMs: number;
  runtimeFolder: string;
  pid: number;
}

export interface MeterDeps {
  /** The pool that a machine is in now; `''` for none. */
  poolOf(machineId: MachineId): string;
  write(batch: UsageBatch): void;
}

/**
 * The meter: turns cumulative counters into rows of what was used, and keeps the books of how far everything has been
 * charged. Books and rows are written in one transaction, so that whenever the program is cut off, the next meter goes
 * on from counters that belong to the rows that are there: nothing is lost, nothing counted twice.
 */
export class Meter {
  readonly #deps: MeterDeps;
  readonly #sessions = new Map<string, SessionAccount>();
  readonly #storage = new Map<MachineId, StorageAccount>();
  readonly #minutes = new Map<string, UsageRow>();
  readonly #hours = new Map<string, UsageRow>();
  #changedSessions = new Set<string>();
  #changedStorage = new Set<MachineId>();
  #ended: SessionAccount[] = [];
  #gone: MachineId[] = [];
  #subjects: UsageSubject[] = [];

  /** @param books what the meter before this one has written */
  constructor(deps: MeterDeps, books: { sessions: SessionAccount[]; storage: StorageAccount[] }) {
    this.#deps = deps;
    for (const account of books.sessions) this.#sessions.set(keyOf(account), account);
    for (const account of books.storage) this.#storage.set(account.machineId, account);
  }

  /** The sessions that are not charged to their end yet. */
  openSessions(): SessionAccount[] {
    return [...this.#sessions.values()];
  }

  meteredMachines(): MachineId[] {
    return [...this.#storage.keys()];
  }

  /**
   * Charges a session by its counters of the moment `nowMs`. One that is new is charged from its start.
   * @param elapsedMs how long it could run since it was charged last; by default what the clock says
   */
  chargeSession(session: MeteredSession, usage: GuestUsage, nowMs: number, elapsedMs?: number): void {
    const before = this.#sessions.get(keyOf(session)) ?? newAccount(session, nowMs);
    const { usage: used, account } = chargeSession(before, usage, nowMs, elapsedMs);
    this.#sessions.set(keyOf(session), account);
    this.#changedSessions.add(keyOf(session));
    const ms = nowMs - before.atMs;
    this.#book(session.machineId, used, before.atMs, nowMs, peaksOf(usage, used, ms));
  }

  /** Closes the books of a session: it has ended, and is charged to its end. */
  endSession(session: Pick<SessionAccount, 'machineId' | 'session'>): void {
    const account = this.#sessions.get(keyOf(session));
    if (!account) return;
    this.#sessions.delete(keyOf(session));
    this.#changedSessions.delete(keyOf(session));
    this.#ended.push(account);
  }

  /** Charges the room of a machine's folder since the last measurement, and notes its new size. */
  chargeStorage(machineId: MachineId, bytes: number, nowMs: number): void {
    const before = this.#storage.get(machineId) ?? { machineId, atMs: nowMs, bytes, carry: 0 };
    const { usage, account } = chargeStorage(before, bytes, nowMs);
    this.#storage.set(machineId, account);
    this.#changedStorage.add(machineId);
    this.#book(machineId, usage, before.atMs, nowMs, NO_PEAKS);
  }

  /** The machine is gone: its folder is charged up to now, and no more. */
  endStorage(machineId: MachineId, nowMs: number): void {
    this.chargeStorage(machineId, 0, nowMs);
    this.#storage.delete(machineId);
    this.#changedStorage.delete(machineId);
    this.#gone.push(machineId);
  }

  /** Books what is not a machine's, such as the host's own use. */
  book(subjectId: string, usage: UsageQuantities, fromMs: number, toMs: number, peaks: UsagePeaks): void {
    this.#add({ subjectId, poolId: '' }, usage, fromMs, toMs, peaks);
  }

  /** The name under which usage is shown from now on. */
  name(subject: UsageSubject): void {
    this.#subjects.push(subject);
  }

  /** Writes all that was charged since the last flush. What cannot be written is kept for the next one. */
  flush(): void {
    const sessions = [...this.#changedSessions].flatMap((key) => this.#sessions.get(key) ?? []);
    const storage = [...this.#changedStorage].flatMap((id) => this.#storage.get(id) ?? []);
    this.#deps.write({
      minutes: [...this.#minutes.values()],
      hours: [...this.#hours.values()],
      ...{ sessions, storage, endedSessions: this.#ended, goneStorage: this.#gone, subjects: this.#subjects },
    });
    this.#minutes.clear();
    this.#hours.clear();
    this.#changedSessions = new Set();
    this.#changedStorage = new Set();
    this.#ended = [];
    this.#gone = [];
    this.#subjects = [];
  }

  #book(machineId: MachineId, usage: UsageQuantities, fromMs: number, toMs: number, peaks: UsagePeaks): void {
    this.#add({ subjectId: machineId, poolId: this.#deps.poolOf(machineId) }, usage, fromMs, toMs, peaks);
    this.#add({ subjectId: MACHINES_SUBJECT, poolId: '' }, usage, fromMs, toMs, NO_PEAKS);
  }

  /** Into minutes as far back as minutes are kept, into hours before that. */
  #add(
    whose: Pick<UsageRow, 'subjectId' | 'poolId'>,
    usage: UsageQuantities,
    from: number,
    to: number,
    peaks: UsagePeaks,
  ) {
    const oldestMinuteMs = to - KEPT_MS.minute;
    for (const hour of spread(usage, from, to, TIER_MS.hour)) {
      if (hour.startMs < oldestMinuteMs) merge(this.#hours, { ...whose, ...hour, peaks });
      else {
        const endMs = hour.startMs + TIER_MS.hour;
        for (const minute of spread(hour.usage, Math.max(from, hour.startMs), Math.min(to, endMs), TIER_MS.minute)) {
          merge(this.#minutes, { ...whose, ...minute, peaks });
        }
      }
    }
  }
}

const keyOf = ({ machineId, session }: Pick<SessionAccount, 'machineId' | 'session'>): string =>
  `${machineId} ${session}`;

function newAccount({ startedAtMs, ...session }: MeteredSession, nowMs: number): SessionAccount {
  const atMs = Math.min(startedAtMs, nowMs); // the clock may have been set back since
  return {
    ...session,
    ...{ atMs, startedAtMs: atMs },
    ...{ processorMicros: 0, diskReadBytes: 0, diskWriteBytes: 0, networkInBytes: 0, networkOutBytes: 0 },
    ...{ promisedBytes: 0, usedBytes: 0, promisedCarry: 0, usedCarry: 0 },
  };
}

/** Shorter times make no rate: the system counts processor time in hundredths of a second. */
const SHORTEST_RATE_MS = 500;

function peaksOf(usage: GuestUsage, used: UsageQuantities, ms: number): UsagePeaks {
  const guest =
    usage.guestFreeBytes === null ? 0 : (usage.balloonBytes ?? usage.guestMemoryBytes) - usage.guestFreeBytes;
  return {
    processorMilli: ms < SHORTEST_RATE_MS ? 0 : Math.round(used.processorMicros / ms),
    memoryBytes: usage.residentBytes,
    guestBytes: Math.max(0, guest),
  };
}

function merge(rows: Map<string, UsageRow>, row: UsageRow): void {
  const key = `${row.subjectId} ${row.poolId} ${row.startMs}`;
  const before = rows.get(key);
  rows.set(
    key,
    before ? { ...row, usage: addUsage(before.usage, row.usage), peaks: larger(before.peaks, row.peaks) } : row,
  );
}

function larger(a: UsagePeaks, b: UsagePeaks): UsagePeaks {
  return {
    processorMilli: Math.max(a.processorMilli, b.processorMilli),
    memoryBytes: Math.max(a.memoryBytes, b.memoryBytes),
    guestBytes: Math.max(a.guestBytes, b.guestBytes),
  };
}
