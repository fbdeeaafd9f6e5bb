import { renameSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { type ProcessEnd, readLogTail } from '../processes/process-end.ts';
import type { Exit, GuestUsage } from './engine.ts';

/** Written by a machine process just before it ends in order; its absence means that it did not. */
export const EXIT_FILE = 'exit.json';
/** Every event that QEMU's monitor has told, one JSON document per line; QEMU writes it whether anybody listens or not. */
export const EVENTS_FILE = 'events.log';
/** Symbolic link in the runtime folder to the log of the run, which stays with the machine. */
export const LOG_LINK = 'log';

type OrderlyExit = Exclude<Exit['kind'], 'crashed'>;

/**
 * Writes down, aside and renamed, that the machine ended in order, and what it has used until then; synchronous, for the
 * last moment of a process.
 */
export function writeExitRecordSync(runtimeFolder: string, kind: OrderlyExit, usage?: GuestUsage): void {
  const file = path.join(runtimeFolder, EXIT_FILE);
  const record = { kind, at: new Date().toISOString(), pid: process.pid, usage };
  writeFileSync(`${file}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export async function removeExitRecord(runtimeFolder: string): Promise<void> {
  await rm(path.join(runtimeFolder, EXIT_FILE), { force: true });
}

/**
 * How the session in this runtime folder ended, once its process is gone: by its own record, or crashed when it left
 * none. `end` is asked only for a crash.
 */
export async function readExit(runtimeFolder: string, end?: ProcessEnd): Promise<Exit> {
  const kind = (await readExitRecord(runtimeFolder)) ?? (await readShutdownEvent(runtimeFolder));
  return kind === undefined ? describeCrash(end, await readLogTail(path.join(runtimeFolder, LOG_LINK))) : { kind };
}

async function readExitRecord(runtimeFolder: string): Promise<OrderlyExit | undefined> {
  try {
    const record: unknown = JSON.parse(await readFile(path.join(runtimeFolder, EXIT_FILE), 'utf8'));
    const kind = typeof record === 'object' && record !== null && 'kind' in record ? record.kind : undefined;
    return kind === 'guestShutdown' || kind === 'powerOff' ? kind : undefined;
  } catch {
    return undefined; // no record, or a damaged one: neither proves an orderly end
  }
}

/**
 * What the event log of a QEMU says about its end; undefined when it ended without a word, so in no order.
 *
 * | last `SHUTDOWN` (QEMU QMP reference, "ShutdownCause") | means |
 * |---|---|
 * | `guest` is true | the guest switched itself off |
 * | any other but `host-error` | somebody ended it: `quit`, SIGTERM, the closing of a window |
 *
 * A watchdog that switches the machine off ends QEMU without that word, by an event of its own.
 */
async function readShutdownEvent(runtimeFolder: string): Promise<OrderlyExit | undefined> {
  const lines = await readLogTail(path.join(runtimeFolder, EVENTS_FILE));
  if (lines.some((line) => WATCHDOG_POWER_OFF.test(line))) return 'powerOff';
  const shutdown = lines.findLast((line) => line.includes('"SHUTDOWN"'));
  if (shutdown === undefined) return undefined;
  try {
    const { data } = JSON.parse(shutdown);
    if (data?.guest === true) return 'guestShutdown';
    return data?.reason === 'host-error' ? undefined : 'powerOff';
  } catch {
    return undefined; // cut off while it was written
  }
}

const WATCHDOG_POWER_OFF = /"WATCHDOG".*"poweroff"|"poweroff".*"WATCHDOG"/;

/** What the process said of its end: when it was, and what it had used until then. */
export interface FinalReport {
  atMs: number;
  usage: GuestUsage | undefined;
}

/**
 * The final report of the process with this pid, from what stands in its runtime folder; undefined when it left none. A QEMU
 * tells the time alone, by its last event; one that was killed tells nothing.
 */
export async function readFinalReport(runtimeFolder: string, pid: number): Promise<FinalReport | undefined> {
  try {
    const record = JSON.parse(await readFile(path.join(runtimeFolder, EXIT_FILE), 'utf8'));
    if (record.pid !== pid) return undefined;
    const atMs = Date.parse(record.at);
    return Number.isNaN(atMs) ? undefined : { atMs, usage: readUsage(record.usage) };
  } catch {
    const atMs = await readShutdownTime(runtimeFolder);
    return atMs === undefined ? undefined : { atMs, usage: undefined };
  }
}

const COUNTERS = [
  ...(['processorSeconds', 'guestMemoryBytes', 'residentBytes', 'diskReadBytes', 'diskWriteBytes'] as const),
  ...(['networkInBytes', 'networkOutBytes'] as const),
];

/** A report of an older process may lack counters; half a report would be charged as zeros. */
function readUsage(told: unknown): GuestUsage | undefined {
  if (typeof told !== 'object' || told === null) return undefined;
  const read = COUNTERS.map((name) => [name, Number((told as Record<string, unknown>)[name])] as const);
  if (read.some(([, value]) => !Number.isFinite(value) || value < 0)) return undefined;
  const counters = Object.fromEntries(read) as Record<(typeof COUNTERS)[number], number>;
  return { ...counters, balloonBytes: null, guestFreeBytes: null };
}

/** Events carry their time (QMP specification 2.4.2). */
async function readShutdownTime(runtimeFolder: string): Promise<number | undefined> {
  const lines = await readLogTail(path.join(runtimeFolder, EVENTS_FILE));
  try {
    const { timestamp } = JSON.parse(lines.findLast((line) => line.includes('"SHUTDOWN"')) ?? '');
    const atMs = timestamp.seconds * 1000 + timestamp.microseconds / 1000;
    return Number.isFinite(atMs) ? Math.round(atMs) : undefined;
  } catch {
    return undefined; // it has told none, or was cut off telling it
  }
}

const KILLS: readonly string[] = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'];
const COMPLAINT = /error|fatal|abort|unreachable|out of memory|exception/i;

function describeCrash(end: ProcessEnd | undefined, log: string[]): Exit {
  const complaint = log.findLast((line) => COMPLAINT.test(line));
  const lastWords = complaint ?? log.at(-1);
  const quote = lastWords === undefined ? '' : ` Its log ends with: ${lastWords}`;
  if (end === undefined) {
    // A process that failed by itself says so in its log; one that was killed had no chance to.
    return complaint === undefined
      ? { kind: 'crashed', reason: 'engineKilled', detail: 'Its process was gone, and had left no word why.' }
      : { kind: 'crashed', reason: 'engineCrashed', detail: complaint };
  }
  if (end.signal !== null && KILLS.includes(end.signal)) {
    return { kind: 'crashed', reason: 'engineKilled', detail: `Its process was ended by ${end.signal}.` };
  }
  const how = end.signal === null ? `with exit code ${end.code}` : `by ${end.signal}`;
  return { kind: 'crashed', reason: 'engineCrashed', detail: `Its process ended ${how}.${quote}` };
}
