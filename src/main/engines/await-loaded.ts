import { setTimeout as sleep } from 'node:timers/promises';
import { InnError } from '../../shared/errors.ts';
import type { QmpCaller } from './qmp/link.ts';
import { readLoading } from './qmp-status.ts';

const POLL_MS = 10;

/**
 * Waits until a saved state is loaded.
 * @throws InnError `ENGINE_FAILED` when it cannot be loaded, `ENGINE_TIMEOUT`, `CANCELLED`
 */
export async function awaitLoaded(
  engine: QmpCaller,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const progress = readLoading(await engine.execute('query-status'));
    if (progress === 'loaded') return;
    if (signal.aborted) throw new InnError('CANCELLED', 'The restore was cancelled.');
    if (progress !== 'loads') throw new InnError('ENGINE_FAILED', `The saved state did not load: ${progress.failure}`);
    if (performance.now() > deadline) {
      throw new InnError('ENGINE_TIMEOUT', `The saved state did not load within ${timeoutMs / 1000} seconds.`);
    }
    await sleep(POLL_MS);
  }
}
