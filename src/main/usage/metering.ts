import type { MachineId } from '../../shared/model/machine.ts';
import type { UsageTable } from '../db/usage-table.ts';
import type { GuestUsage } from '../engines/engine.ts';
import type { SessionAccount } from './account-record.ts';
import { lastKnownUsage } from './charge.ts';
import { HostMeter } from './host-meter.ts';
import { Meter } from './meter.ts';
import type { MachineReading, Reading } from './rates.ts';

/** What the meter has to know of a machine. */
export interface MeteredMachine {
  id: MachineId;
  name: string;
  /** `''` for none. */
  poolId: string;
  /** Its present session, as readings name it; null when it does not run. */
  session: string | null;
}

export interface MeteringDeps {
  table: Pick<UsageTable, 'write' | 'sessions' | 'storage' | 'subjects' | 'prune'>;
  machines(): MeteredMachine[];
  pools(): { id: string; name: string }[];
  /** What a process that is gone has left as its last word. */
  readFinalReport(
    runtimeFolder: string,
    pid: number,
  ): Promise<{ atMs: number; usage: GuestUsage | undefined } | undefined>;
  nowMs(): number;
}

/** What is lost when a machine ends while no program watches is at most what it uses in this time. */
const FLUSH_INTERVAL_MS = 10_000;
const PRUNE_INTERVAL_MS = 3_600_000;
/** A session whose last counters do not come within so many readings is closed by what it left itself. */
const PATIENT_READINGS = 3;

/** Feeds the meter with readings, and brings its books in order at the start and at the end. */
export class Metering {
  readonly #deps: MeteringDeps;
  readonly #meter: Meter;
  readonly #host: HostMeter;
  /** When sessions were read last, on the monotonic clock: a host that slept let no machine run. */
  readonly #readAtMs = new Map<string, number>();
  readonly #missing = new Map<string, number>();
  /** Sessions whose books are closed: a late word of theirs must not open new ones. */
  readonly #closed = new Set<string>();
  readonly #names: Map<string, string>;
  #pools = new Map<MachineId, string>();
  #flushedAtMs = Number.NEGATIVE_INFINITY;
  #prunedAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: MeteringDeps) {
    this.#deps = deps;
    const { table } = deps;
    const poolOf = (id: MachineId) => this.#pools.get(id) ?? '';
    const books = { sessions: table.sessions(), storage: table.storage() };
    this.#meter = new Meter({ poolOf, write: (batch) => table.write(batch) }, books);
    this.#host = new HostMeter(this.#meter);
    this.#names = new Map(table.subjects().map(({ id, kind, name }) => [`${kind} ${id}`, name]));
    this.#lookAround();
  }

  /** Closes the books of machines that ended while no program watched, by what they left as their last word. */
  async open(): Promise<void> {
    const present = new Set(this.#deps.machines().map(({ session }) => session));
    for (const account of this.#meter.openSessions()) {
      if (!present.has(account.session)) await this.#closeByReport(account);
    }
    this.flush();
  }

  /** Takes a reading into the books. */
  async take(reading: Reading): Promise<void> {
    // A session must be in the books before it can be found there: at its beginning and at its end they are written at once.
    const isEventful = reading.machines.some((each) => !this.#readAtMs.has(each.session) || each.endedAtMs !== null);
    for (const machine of reading.machines) this.#charge(machine, reading);
    this.#host.take(reading, this.#deps.nowMs());
    await this.#closeMissing(reading.machines);
    if (isEventful || reading.atMs - this.#flushedAtMs >= FLUSH_INTERVAL_MS) {
      this.flush();
      this.#flushedAtMs = reading.atMs;
    }
  }

  noteFolder(id: MachineId, bytes: number): void {
    this.#meter.chargeStorage(id, bytes, this.#deps.nowMs());
  }

  /** Writes what is not written yet, so that what is read is up to this moment. */
  flush(): void {
    const nowMs = this.#deps.nowMs();
    const ids = new Set<string>(this.#deps.machines().map(({ id }) => id));
    for (const id of this.#meter.meteredMachines()) if (!ids.has(id)) this.#meter.endStorage(id, nowMs);
    this.#lookAround();
    this.#meter.flush();
    if (nowMs - this.#prunedAtMs < PRUNE_INTERVAL_MS) return;
    this.#deps.table.prune(nowMs);
    this.#prunedAtMs = nowMs;
  }

  /** Names and pools as they are now: a machine that moves is charged to its new pool from the next flush on. */
  #lookAround(): void {
    const machines = this.#deps.machines();
    this.#pools = new Map(machines.map(({ id, poolId }) => [id, poolId]));
    for (const { id, name } of machines) this.#name('machine', id, name);
    for (const { id, name } of this.#deps.pools()) this.#name('pool', id, name);
  }

  #name(kind: 'machine' | 'pool', id: string, name: string): void {
    const key = `${kind} ${id}`;
    if (this.#names.get(key) === name) return;
    this.#names.set(key, name);
    this.#meter.name({ id, kind, name });
  }

  #charge(machine: MachineReading, { atMs }: Reading): void {
    const { session, usage, endedAtMs } = machine;
    this.#missing.delete(session);
    if (this.#closed.has(session)) return;
    const before = this.#readAtMs.get(session);
    const elapsedMs = before === undefined ? undefined : atMs - before;
    this.#meter.chargeSession(machine, usage, endedAtMs ?? this.#deps.nowMs(), elapsedMs);
    this.#readAtMs.set(session, atMs);
    if (endedAtMs !== null) this.#close(machine);
  }

  #close(session: Pick<SessionAccount, 'machineId' | 'session'>): void {
    this.#meter.endSession(session);
    this.#closed.add(session.session);
    this.#readAtMs.delete(session.session);
    this.#missing.delete(session.session);
  }

  async #closeMissing(readings: MachineReading[]): Promise<void> {
    const open = this.#meter.openSessions();
    if (open.length === readings.length) return;
    const read = new Set(readings.map(({ session }) => session));
    const missing = open.filter(({ session }) => !read.has(session));
    if (missing.length === 0) return;
    const present = new Set(this.#deps.machines().map(({ session }) => session));
    for (const account of missing) {
      if (present.has(account.session)) continue; // it is there, and does not answer at the moment
      const times = (this.#missing.get(account.session) ?? 0) + 1;
      this.#missing.set(account.session, times);
      if (times >= PATIENT_READINGS) await this.#closeByReport(account);
    }
  }

  /**
   * | what the process left | charged |
   * |---|---|
   * | a report with counters (embedded engine) | all, to its end |
   * | the time of its end (QEMU) | memory and time to its end; processor, disk and network to the last reading |
   * | nothing (it was killed) | everything to the last reading |
   */
  async #closeByReport(account: SessionAccount): Promise<void> {
    const report = await this.#deps.readFinalReport(account.runtimeFolder, account.pid);
    const isOfThisRun = report !== undefined && report.atMs >= account.startedAtMs;
    const usage = (isOfThisRun ? report.usage : undefined) ?? lastKnownUsage(account);
    const endMs = isOfThisRun ? Math.max(account.atMs, report.atMs) : account.atMs;
    this.#meter.chargeSession(account, usage, endMs);
    this.#close(account);
  }
}
