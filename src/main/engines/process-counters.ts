import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/** What the host itself counts of a process. */
export interface ProcessCounters {
  /** Processor time in user and system mode of all its threads, in seconds. */
  processorSeconds: number;
  residentBytes: number;
}

export interface ProcessReader {
  /** The counters now; undefined when the process has ended and is reaped. Takes a few microseconds. */
  read(): ProcessCounters | undefined;
  close(): void;
}

/** The kernel tells times in ticks of this length to every program (times(2), `USER_HZ`). */
const TICKS_PER_SECOND = 100;
const USUAL_PAGE_BYTES = 4096;
/** `AT_PAGESZ` of getauxval(3). */
const PAGE_SIZE_KEY = 6n;

/**
 * Opens `/proc/pid/stat` of a Linux process and keeps it open: reading it again costs no path look-up, and it never
 * tells of another process that got the same pid later. Undefined where there is no such file, or when the process was not
 * started at `startTicks` (field 22 of proc_pid_stat(5)).
 */
export function openProcessCounters(pid: number, startTicks?: string): ProcessReader | undefined {
  let file: number;
  try {
    file = openSync(`/proc/${pid}/stat`, 'r');
  } catch {
    return undefined; // no such process, or no such system: whoever asks has another way
  }
  let isOpen = true;
  const reader: ProcessReader = {
    read: () => {
      const fields = isOpen ? readFields(file) : undefined;
      return fields && toCounters(fields);
    },
    close: () => {
      if (isOpen) closeSync(file);
      isOpen = false;
    },
  };
  if (startTicks === undefined || readFields(file)?.[19] === startTicks) return reader;
  reader.close();
  return undefined;
}

const buffer = Buffer.alloc(2048);

/** Fields 3 and on: the name in brackets before them may hold anything, brackets too. */
function readFields(file: number): string[] | undefined {
  try {
    const text = buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0));
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined; // ESRCH: it is gone
  }
}

/** Fields 14 and 15 are times, 24 counts pages. */
function toCounters(fields: string[]): ProcessCounters {
  return {
    processorSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    residentBytes: Number(fields[21]) * pageBytes(),
  };
}

let knownPageBytes: number | undefined;

/** Node does not tell the size of a page; the kernel gives it to every program as it starts it. */
function pageBytes(): number {
  knownPageBytes ??= readPageBytes() ?? USUAL_PAGE_BYTES;
  return knownPageBytes;
}

function readPageBytes(): number | undefined {
  try {
    const pairs = readFileSync('/proc/self/auxv');
    for (let at = 0; at + 16 <= pairs.length; at += 16) {
      if (pairs.readBigUInt64LE(at) === PAGE_SIZE_KEY) return Number(pairs.readBigUInt64LE(at + 8));
    }
  } catch {
    // Nobody may read it: the usual size is right nearly everywhere.
  }
  return undefined;
}
