import { NO_USAGE, type UsageQuantities } from '../../shared/model/usage-quantities.ts';
import type { GuestUsage } from '../engines/engine.ts';
import type { SessionAccount, StorageAccount } from './account-record.ts';

const MIB_MS_PER_SECOND = 1024 ** 2 * 1000;

/** Whole MiB·seconds of bytes held for some milliseconds, with what earlier times have left over, and what is left now. */
export function integrate(bytes: number, ms: number, carry: number): { whole: number; carry: number } {
  // A day of a large disk in byte·milliseconds outgrows a double.
  const total = BigInt(Math.round(bytes)) * BigInt(Math.round(ms)) + BigInt(Math.round(carry));
  const unit = BigInt(MIB_MS_PER_SECOND);
  return { whole: Number(total / unit), carry: Number(total % unit) };
}

/** Growth of a counter. One that went back has begun anew: what it lost cannot be known, and nothing is counted twice. */
const growth = (now: number, before: number): number => Math.max(0, now - before);

export interface Charge<Account> {
  usage: UsageQuantities;
  account: Account;
}

/**
 * Charges a session for everything since it was charged last, up to `toMs`: counters by their growth, memory by what is
 * held now times the time that passed. The answer's account says what is in the books then.
 * @param elapsedMs how long the machine could run; less than the clock says when the host slept meanwhile
 */
export function chargeSession(
  account: SessionAccount,
  usage: GuestUsage,
  toMs: number,
  elapsedMs = Math.max(0, toMs - account.atMs),
): Charge<SessionAccount> {
  const processorMicros = Math.max(account.processorMicros, Math.round(usage.processorSeconds * 1e6));
  const promised = integrate(usage.guestMemoryBytes, elapsedMs, account.promisedCarry);
  const used = integrate(usage.residentBytes, elapsedMs, account.usedCarry);
  const counters = {
    diskReadBytes: Math.round(usage.diskReadBytes),
    diskWriteBytes: Math.round(usage.diskWriteBytes),
    networkInBytes: Math.round(usage.networkInBytes),
    networkOutBytes: Math.round(usage.networkOutBytes),
  };
  return {
    usage: {
      ...NO_USAGE,
      runningMs: Math.round(elapsedMs),
      processorMicros: processorMicros - account.processorMicros,
      memoryPromisedMiBSeconds: promised.whole,
      memoryUsedMiBSeconds: used.whole,
      diskReadBytes: growth(counters.diskReadBytes, account.diskReadBytes),
      diskWriteBytes: growth(counters.diskWriteBytes, account.diskWriteBytes),
      networkInBytes: growth(counters.networkInBytes, account.networkInBytes),
      networkOutBytes: growth(counters.networkOutBytes, account.networkOutBytes),
    },
    account: {
      ...account,
      ...counters,
      atMs: Math.max(toMs, account.atMs),
      processorMicros,
      promisedBytes: usage.guestMemoryBytes,
      usedBytes: usage.residentBytes,
      promisedCarry: promised.carry,
      usedCarry: used.carry,
    },
  };
}

/** The counters that an account was charged with last: what is known of a session that left no later word. */
export function lastKnownUsage(account: SessionAccount): GuestUsage {
  const { processorMicros, promisedBytes, usedBytes, ...counters } = account;
  return {
    processorSeconds: processorMicros / 1e6,
    guestMemoryBytes: promisedBytes,
    residentBytes: usedBytes,
    diskReadBytes: counters.diskReadBytes,
    diskWriteBytes: counters.diskWriteBytes,
    networkInBytes: counters.networkInBytes,
    networkOutBytes: counters.networkOutBytes,
    balloonBytes: null,
    guestFreeBytes: null,
  };
}

/** Charges a machine for the room that its folder took since the last time, by its size before. */
export function chargeStorage(account: StorageAccount, bytes: number, toMs: number): Charge<StorageAccount> {
  const { whole, carry } = integrate(account.bytes, Math.max(0, toMs - account.atMs), account.carry);
  return {
    usage: { ...NO_USAGE, storageMiBSeconds: whole },
    account: { ...account, atMs: Math.max(toMs, account.atMs), bytes, carry },
  };
}
