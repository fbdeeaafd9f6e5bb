import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { interfaceOf, type Uplink } from '../../../shared/model/uplink.ts';
import { guardAgainstDeath } from '../../processes/death-guard.ts';
import { findQemu } from '../../processes/find-qemu.ts';
import { endLeftover, writeProcessFile } from '../../processes/leftover.ts';
import type { ProcessEnd } from '../../processes/process-end.ts';
import { readStartTime } from '../../processes/process-identity.ts';
import { findBridgeHelper } from '../uplinks/read-host-facts.ts';
import { CARRIER_SOCKET, carrierArguments } from './carrier-command.ts';
import { type CarrierFailure, carrierFailure, goneInterface, NO_CARRIER } from './carrier-failure.ts';

export interface CarrierParts {
  uplink: Uplink;
  /** A folder of its own, at most 86 bytes; it is made. */
  folder: string;
  log(message: string, error?: unknown): void;
  /** Called when it has ended, or could not be started. */
  onEnd(failure: CarrierFailure): void;
}

const KEPT_LINES = 20;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
/** How often is looked whether the host's interface is still there: a carrier of one that is gone says nothing. */
const LOOK_MS = 2_000;

/**
 * The process that carries frames between the switch and the host's interface: a QEMU without a machine, which can open
 * what Node cannot (TUNSETIFF is an ioctl). It is a child of the network process and ends with it, however that ends;
 * one that ends by itself is started again, at growing intervals.
 */
export class Carrier {
  readonly socketPath: string;
  /** The last lines that it said, those of earlier runs among them. */
  readonly lines: string[] = [];
  readonly #parts: CarrierParts;
  #child: ChildProcess | undefined;
  #hasSandbox = true;
  #retryMs = FIRST_RETRY_MS;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(parts: CarrierParts) {
    this.#parts = parts;
    this.socketPath = path.join(parts.folder, CARRIER_SOCKET);
  }

  /** Starts it, and again whenever it ends, until `close`. Never rejects: `onEnd` is told. Resolves when it has ended. */
  async start(): Promise<void> {
    try {
      await this.#prepare();
      await this.#run();
    } catch (error) {
      this.#parts.log('the carrier of the uplink could not be started', error);
      this.#ended({ failure: error instanceof Error ? error.message : String(error), cure: null });
    }
  }

  /** Frames go through it: what was wrong before is over. */
  noteUp(): void {
    this.#retryMs = FIRST_RETRY_MS;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#child?.kill('SIGKILL');
  }

  /** One of an earlier network process, whose guard was killed with it, would still hold the interface. */
  async #prepare(): Promise<void> {
    const { folder } = this.#parts;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await endLeftover(folder);
    await rm(this.socketPath, { force: true });
  }

  async #run(): Promise<void> {
    const { uplink, folder } = this.#parts;
    const program = findQemu(process.env);
    if (program === undefined) return this.#ended(NO_CARRIER);
    if (!this.#isThere()) return this.#ended(goneInterface(uplink));
    const args = carrierArguments(uplink, { helper: findBridgeHelper(), hasSandbox: this.#hasSandbox });
    const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
    const closed = closeOf(child);
    const said: string[] = [];
    createInterface({ input: child.stderr }).on('line', (line) => this.#note(line, said));
    if (child.pid !== undefined) await this.#care(child, child.pid);
    const end = await closed;
    this.#child = undefined;
    if (this.#hasSandbox && said.some((line) => /sandbox/i.test(line))) {
      this.#hasSandbox = false;
      return this.#run();
    }
    this.#ended(this.#isThere() ? carrierFailure(uplink, said, end) : goneInterface(uplink));
  }

  /** Sees to it that the process ends with this one, and when the host's interface goes. */
  async #care(child: ChildProcess, pid: number): Promise<void> {
    this.#child = child;
    const letGo = guardAgainstDeath(pid, 'KILL');
    const look = setInterval(() => this.#isThere() || child.kill('SIGKILL'), LOOK_MS);
    child.once('exit', () => {
      letGo();
      clearInterval(look);
    });
    await writeProcessFile(this.#parts.folder, { pid, pidStartTime: (await readStartTime(pid)) ?? 'ended' });
  }

  #isThere(): boolean {
    return existsSync(path.join('/sys/class/net', interfaceOf(this.#parts.uplink)));
  }

  #note(line: string, said: string[]): void {
    if (/\bwarning: hub \d+ with no nics/.test(line)) return; // it has none: that is the point
    said.push(line);
    this.lines.push(line);
    this.lines.splice(0, this.lines.length - KEPT_LINES);
    this.#parts.log(`carrier: ${line}`);
  }

  #ended(failure: CarrierFailure): void {
    if (this.#isClosed) return;
    this.#parts.onEnd(failure);
    this.#timer = setTimeout(() => void this.start(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }
}

/** Resolves when it is gone and all that it said was read; one that could not be started counts as gone. */
function closeOf(child: ChildProcess): Promise<ProcessEnd> {
  return new Promise((resolve, reject) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
    child.once('error', (error) => child.pid === undefined && reject(error));
  });
}
