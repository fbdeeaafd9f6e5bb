import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Duplex } from 'node:stream';
import { InnError } from '../../../shared/errors.ts';
import type { Exit, GuestUsage, RuntimeRecord, SessionStatus } from '../engine.ts';
import { writeExitRecordSync } from '../session-exit.ts';
import type { ResolvedDrive, StartSpec } from '../start-spec.ts';
import { FakeGuest, type FakeGuestState } from './fake-guest.ts';

const MIB = 1024 ** 2;
/** What the guest uses of its memory, whatever it is given. */
const GUEST_NEEDS_MIB = 24;

/** A machine of the fake engine; it stands for the process, and lives on when sessions let go of it. */
export class FakeMachine {
  readonly spec: StartSpec;
  readonly runtime: RuntimeRecord;
  readonly exit: Promise<Exit>;
  status: SessionStatus = { state: 'Paused', reason: 'user', detail: null };
  cpuLimitPercent: number;
  /** Memory that the balloon leaves to the guest. */
  balloonMiB: number;
  /** Cables that were plugged in or pulled, by adapter. */
  readonly links = new Map<number, boolean>();
  /** Hardware that came and went while it ran, a line for each. */
  readonly plugged: string[] = [];
  /** Key combinations that were sent, for tests to look at. */
  readonly keys: string[][] = [];
  readonly #guest: FakeGuest;
  readonly #terminals = new Set<Duplex>();
  readonly #listeners = new Set<(status: SessionStatus) => void>();
  readonly #settle: (exit: Exit) => void;
  #drives: ResolvedDrive[];
  #hasBooted = false;
  #ended: Exit | undefined;
  #samples = 0;
  #output = '';

  constructor(spec: StartSpec, runtime: RuntimeRecord) {
    this.spec = spec;
    this.#drives = [...spec.drives];
    this.runtime = runtime;
    this.balloonMiB = spec.config.memoryMiB;
    this.cpuLimitPercent = spec.config.processors.capPercent;
    const { promise, resolve } = Promise.withResolvers<Exit>();
    this.exit = promise;
    this.#settle = resolve;
    this.#guest = new FakeGuest(
      (text) => this.#print(text),
      () => this.end({ kind: 'guestShutdown' }),
    );
  }

  get isGone(): boolean {
    return this.#ended !== undefined;
  }

  /** @throws InnError `ENGINE_FAILED` when the machine's process has ended */
  assertAlive(): void {
    if (this.isGone) throw new InnError('ENGINE_FAILED', 'The engine closed the connection before it answered.');
  }

  run(): void {
    this.#guest.run();
    this.status = { state: 'Running' };
    if (!this.#hasBooted) this.#guest.boot();
    this.#hasBooted = true;
  }

  stand(): void {
    this.#guest.stand();
    this.status = { state: 'Paused', reason: 'user', detail: null };
  }

  reset(): void {
    this.#hasBooted = false;
    this.run();
  }

  /** Something happens to the machine that nobody asked for: an I/O error, a panic of the guest, … */
  suffer(status: SessionStatus): void {
    if (status.state !== 'Running') this.#guest.stand();
    this.status = status;
    for (const listener of [...this.#listeners]) listener(status);
  }

  /** Ends the process; only the first end counts. An orderly one leaves its record in the runtime folder. */
  end(exit: Exit): void {
    if (this.#ended !== undefined) return;
    this.#ended = exit;
    this.#guest.stand();
    // A real process could not leave its record either when its folder was taken away.
    const canLeaveWord = exit.kind !== 'crashed' && existsSync(this.runtime.runtimeFolder);
    if (canLeaveWord) writeExitRecordSync(this.runtime.runtimeFolder, exit.kind);
    for (const terminal of this.#terminals) terminal.destroy();
    this.#settle(exit);
  }

  onStatus(listener: (status: SessionStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The disks that the machine writes to. */
  get drives(): readonly ResolvedDrive[] {
    return this.#drives;
  }

  /** Puts other media into the drives that are named. */
  switchDrives(drives: readonly ResolvedDrive[]): void {
    const isSame = (a: ResolvedDrive, b: ResolvedDrive) =>
      a.controllerName === b.controllerName && a.port === b.port && a.device === b.device;
    this.#drives = this.#drives.map((old) => drives.find((drive) => isSame(drive, old)) ?? old);
  }

  save(file: string): void {
    writeFileSync(`${file}.new`, JSON.stringify(this.#guest.state()), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }

  /** @throws InnError `ENGINE_FAILED` when the file holds no state of a fake machine */
  restore(file: string): void {
    try {
      const state: FakeGuestState = JSON.parse(readFileSync(file, 'utf8'));
      this.#guest.restore(state);
      this.#hasBooted = true;
    } catch (cause) {
      throw new InnError('ENGINE_FAILED', `The saved state '${file}' did not load.`, { cause });
    }
  }

  /** The guest gives memory away, as far as it can do without. */
  inflate(memoryMiB: number): void {
    this.balloonMiB = Math.min(this.spec.config.memoryMiB, Math.max(GUEST_NEEDS_MIB, memoryMiB));
  }

  type(text: string): void {
    this.#guest.type(text);
  }

  /** The serial port: what the guest has said and goes on to say, and a way to answer. */
  openSerial(): Duplex {
    const terminal = new Duplex({
      read() {},
      write: (bytes: Buffer, _encoding, done) => {
        this.#guest.receive(bytes.toString('utf8'));
        done();
      },
    });
    terminal.push(this.#output);
    this.#terminals.add(terminal);
    terminal.once('close', () => this.#terminals.delete(terminal));
    return terminal;
  }

  /** A screen that says which protocol it speaks, and no more. */
  openScreen(): Duplex {
    const screen = new Duplex({ read() {}, write: (_bytes, _encoding, done) => done() });
    void this.exit.then(() => screen.destroy());
    screen.push('RFB 003.008\n');
    return screen;
  }

  sample(): GuestUsage {
    this.#samples += 1;
    return {
      processorSeconds: this.#samples / 10,
      guestMemoryBytes: this.spec.config.memoryMiB * MIB,
      residentBytes: 64 * MIB,
      diskReadBytes: this.#samples * 4096,
      diskWriteBytes: this.#samples * 512,
      networkInBytes: this.#samples * 100,
      networkOutBytes: this.#samples * 60,
      balloonBytes: this.balloonMiB * MIB,
      guestFreeBytes: Math.max(0, this.balloonMiB - GUEST_NEEDS_MIB) * MIB,
    };
  }

  #print(text: string): void {
    this.#output += text;
    for (const terminal of this.#terminals) terminal.push(text);
  }
}
