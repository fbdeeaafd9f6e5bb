import type { QmpCaller } from '../qmp/link.ts';
import { abandonMigration, awaitMigration, beginMigration, runState } from './migration.ts';

/** What happens in the moment for which the guest stands still. */
export interface Switchover {
  /** Lets the disks go on elsewhere. When it throws, the guest goes on and nothing is written. */
  switchDisks: () => Promise<void>;
  /** Called when the guest has been let go. */
  onSwitched: (pausedMs: number) => void;
}

/** How long QEMU may expect the last piece of memory to take, in milliseconds; a guest that is idle needs less. */
const DOWNTIME_MS = 20;
/** After so many rounds through the memory the guest writes faster than the disk: the rest is sent at once, whatever it takes. */
const MAX_ROUNDS = 6;
const ANY_DOWNTIME_MS = 600_000;

/**
 * Sends the memory while the guest runs, again and again what it has written meanwhile, until little is left; stands it
 * still for that and for the switch of the disks. The state is that of this moment (QEMU, docs/devel/migration: pre-copy;
 * QMP reference, `pause-before-switchover`).
 * @throws InnError as `sendState`, and what `switchDisks` throws; the guest runs on in each case
 */
export async function sendStateInFlight(
  engine: QmpCaller,
  socketPath: string,
  signal: AbortSignal,
  { switchDisks, onSwitched }: Switchover,
): Promise<void> {
  await beginMigration(engine, socketPath, { stopsBeforeSwitchover: true, downtimeMs: DOWNTIME_MS });
  let ranAt = performance.now();
  let isHurried = false;
  let isSwitched = false;
  try {
    await awaitMigration(engine, signal, async ({ status, rounds }) => {
      if (status === 'pre-switchover' && !isSwitched) {
        await switchDisks();
        isSwitched = true;
        await engine.execute('migrate-continue', { state: 'pre-switchover' });
        return true;
      }
      if (!isSwitched) ranAt = performance.now();
      if (rounds <= MAX_ROUNDS || isHurried) return isSwitched;
      isHurried = true;
      await engine.execute('migrate-set-parameters', { 'downtime-limit': ANY_DOWNTIME_MS });
      return false;
    });
  } catch (error) {
    if (!isSwitched) await abandonMigration(engine);
    throw error;
  } finally {
    await letGoOn(engine);
    if (isSwitched) onSwitched(performance.now() - ranAt);
  }
}

/** As `cont`, also when a program that is gone had the guest stand still for its switchover. @throws InnError `ENGINE_FAILED` */
export async function letGoOn(engine: QmpCaller): Promise<void> {
  if ((await runState(engine)) === 'finish-migrate') await abandonMigration(engine);
  await engine.execute('cont');
}
