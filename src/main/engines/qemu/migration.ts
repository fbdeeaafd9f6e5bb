import { setTimeout as sleep } from 'node:timers/promises';
import { InnError } from '../../../shared/errors.ts';
import type { QmpCaller } from '../qmp/link.ts';
import { isRecord } from '../qmp/protocol.ts';

const POLL_MS = 5;
/** To a file there is no network to spare. In bytes per second. */
const MAX_BANDWIDTH = 2 ** 40;

/** The run state of `query-status`, such as `running`. */
export async function runState(engine: QmpCaller): Promise<string> {
  const answer = await engine.execute('query-status');
  return isRecord(answer) && typeof answer.status === 'string' ? answer.status : 'unknown';
}

/**
 * Makes the guest stand still, ready for its state to be sent. After a state was sent QEMU refuses to send another
 * one until the guest has run: it runs for the blink of an eye then.
 */
export async function standStill(engine: QmpCaller): Promise<void> {
  if ((await runState(engine)) === 'postmigrate') await engine.execute('cont');
  await engine.execute('stop');
}

/**
 * Sends the state of the guest to whoever listens at the unix socket, and waits until it is all sent.
 * @throws InnError `ENGINE_FAILED` with QEMU's reason, `NOT_SUPPORTED` when a device or disk cannot be saved, `CANCELLED`
 */
export async function sendState(engine: QmpCaller, socketPath: string, signal: AbortSignal): Promise<void> {
  await beginMigration(engine, socketPath, { stopsBeforeSwitchover: false });
  await awaitMigration(engine, signal, async () => false);
}

/** @throws InnError `ENGINE_FAILED`, `NOT_SUPPORTED` */
export async function beginMigration(
  engine: QmpCaller,
  socketPath: string,
  { stopsBeforeSwitchover, downtimeMs = 300 }: { stopsBeforeSwitchover: boolean; downtimeMs?: number },
): Promise<void> {
  const pause = { capability: 'pause-before-switchover', state: stopsBeforeSwitchover };
  await engine.execute('migrate-set-capabilities', { capabilities: [pause] });
  await engine.execute('migrate-set-parameters', { 'max-bandwidth': MAX_BANDWIDTH, 'downtime-limit': downtimeMs });
  try {
    await engine.execute('migrate', { uri: `unix:${socketPath}` });
  } catch (error) {
    throw asNotSupported(error);
  }
}

/**
 * Waits for the end of the migration.
 * @param at called at each look; true: it has done something, so that it is time to look again
 * @throws InnError `ENGINE_FAILED`, `CANCELLED`
 */
export async function awaitMigration(
  engine: QmpCaller,
  signal: AbortSignal,
  at: (progress: MigrationProgress) => Promise<boolean>,
): Promise<void> {
  let isCancelling = false;
  for (;;) {
    if (signal.aborted && !isCancelling) {
      isCancelling = true;
      await engine.execute('migrate_cancel');
    }
    const now = await progress(engine);
    if (now.status === 'completed') return;
    if (now.status === 'cancelled') throw new InnError('CANCELLED', 'Saving the state was cancelled.');
    if (now.status === 'failed') throw new InnError('ENGINE_FAILED', `QEMU could not write the state: ${now.error}`);
    if (!isCancelling && (await at(now))) continue;
    await sleep(POLL_MS);
  }
}

/** Gives up a migration that waits for somebody who is gone. QEMU lets the guest run on then if it ran before. */
export async function abandonMigration(engine: QmpCaller): Promise<void> {
  const abandoned = AbortSignal.abort();
  await awaitMigration(engine, abandoned, async () => false).catch(() => undefined); // cancelled, as was wanted
}

export interface MigrationProgress {
  /** Such as `active`; QMP reference, "MigrationStatus". */
  status: unknown;
  error: string;
  /** How often the memory was gone through. */
  rounds: number;
}

async function progress(engine: QmpCaller): Promise<MigrationProgress> {
  const answer = await engine.execute('query-migrate');
  const { status, 'error-desc': description, ram } = isRecord(answer) ? answer : {};
  const rounds = isRecord(ram) && typeof ram['dirty-sync-count'] === 'number' ? ram['dirty-sync-count'] : 0;
  return { status, error: typeof description === 'string' ? description : 'it gave no reason.', rounds };
}

/** QEMU's words for devices and image formats whose state it cannot save. */
const UNSAVABLE = /does not support live migration|non-migratable|migration blocked|State blocked/i;

function asNotSupported(error: unknown): unknown {
  if (!(error instanceof InnError) || !UNSAVABLE.test(error.message)) return error;
  const reason = typeof error.details?.reason === 'string' ? error.details.reason : error.message;
  return new InnError('NOT_SUPPORTED', `QEMU cannot save the state of this machine: ${reason}`, {
    hint: 'Shut the guest down instead. Disks on any controller but NVMe can be saved: attach them to VirtIO or SCSI.',
    details: { reason },
    cause: error,
  });
}
