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
  await engine.execute('migrate-set-parameters', { 'max-bandwidth': MAX_BANDWIDTH });
  try {
    await engine.execute('migrate', { uri: `unix:${socketPath}` });
  } catch (error) {
    throw asNotSupported(error);
  }
  let isCancelling = false;
  for (;;) {
    if (signal.aborted && !isCancelling) {
      isCancelling = true;
      await engine.execute('migrate_cancel');
    }
    const { status, error } = await progress(engine);
    if (status === 'completed') return;
    if (status === 'cancelled') throw new InnError('CANCELLED', 'Saving the state was cancelled.');
    if (status === 'failed') throw new InnError('ENGINE_FAILED', `QEMU could not write the state: ${error}`);
    await sleep(POLL_MS);
  }
}

async function progress(engine: QmpCaller): Promise<{ status: unknown; error: string }> {
  const answer = await engine.execute('query-migrate');
  const { status, 'error-desc': description } = isRecord(answer) ? answer : {};
  return { status, error: typeof description === 'string' ? description : 'it gave no reason.' };
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
