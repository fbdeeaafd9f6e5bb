import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

/** Bit of the capability set (capabilities(7)). */
const CAP_SYS_NICE = 1n << 23n;

/** What Linux says of this process. */
export interface PriorityFacts {
  /** Bits of the effective capabilities. */
  capabilities: bigint;
  /** The soft limit of nice, as getrlimit(2) counts: 20 less the least nice value that may be taken. */
  niceLimit: number;
}

/** Whether a process may be given high priority by this program. Pure. */
export function mayRaise({ capabilities, niceLimit }: PriorityFacts): boolean {
  return (capabilities & CAP_SYS_NICE) !== 0n || 20 - niceLimit <= constants.priority.PRIORITY_ABOVE_NORMAL;
}

/** Whether machines can be given high priority here. Windows asks for no permission, other systems for the superuser's. */
export function mayRaisePriority(platform: NodeJS.Platform = process.platform): boolean {
  if (platform === 'win32') return true;
  if (platform !== 'linux') return process.geteuid?.() === 0;
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    const limits = readFileSync('/proc/self/limits', 'utf8');
    return mayRaise(readPriorityFacts(status, limits));
  } catch {
    return false; // no /proc: nothing is promised
  }
}

/** Reads proc(5), `/proc/pid/status` and `/proc/pid/limits`. */
export function readPriorityFacts(status: string, limits: string): PriorityFacts {
  const bits = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  const limit = /^Max nice priority\s+(\d+|unlimited)/m.exec(limits)?.[1] ?? '0';
  return { capabilities: BigInt(`0x${bits}`), niceLimit: limit === 'unlimited' ? 40 : Number(limit) };
}
