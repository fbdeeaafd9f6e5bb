import { InnError } from '../../shared/errors.ts';
import type { GuestUsage } from './engine.ts';
import type { QmpCaller } from './qmp/link.ts';
import { isRecord } from './qmp/protocol.ts';

const MIB = 1024 ** 2;
/** Where QMP finds the balloon of every machine that has one. */
const BALLOON = '/machine/peripheral/balloon';
/** How often the guest is asked for its statistics, in seconds: often enough to act on, seldom enough to let it sleep. */
const POLLING_SECONDS = 5;
const TIMEOUT_MS = 5_000;

type BalloonReading = Pick<GuestUsage, 'balloonBytes' | 'guestFreeBytes'>;

const NO_BALLOON: BalloonReading = { balloonBytes: null, guestFreeBytes: null };

/**
 * Sets how much memory the balloon leaves to the guest (QMP reference, `balloon`).
 * @param memoryMiB from 1 up; more than the machine has means all of it
 * @throws InnError `NOT_SUPPORTED` when the machine has no balloon, `ENGINE_FAILED`, `ENGINE_TIMEOUT`
 */
export async function setMemoryTarget(engine: QmpCaller, memoryMiB: number): Promise<void> {
  try {
    await engine.execute('balloon', { value: memoryMiB * MIB });
  } catch (error) {
    if (!isWithoutBalloon(error)) throw error;
    throw new InnError(
      'NOT_SUPPORTED',
      'This machine has no balloon, so its memory cannot be taken back while it runs.',
      {
        hint: 'A machine has a balloon when its guest system brings the driver, as Linux and BSD do; see its OS type.',
        cause: error,
      },
    );
  }
}

/**
 * What the balloon leaves to the guest, and what the guest says of its memory.
 * @throws InnError `ENGINE_FAILED`, `ENGINE_TIMEOUT`
 */
export async function readBalloon(engine: QmpCaller): Promise<BalloonReading> {
  if (WITHOUT_BALLOON.has(engine)) return NO_BALLOON;
  try {
    const answer = await engine.execute('query-balloon', {}, { timeoutMs: TIMEOUT_MS });
    const balloonBytes = isRecord(answer) ? amount(answer.actual) : null;
    return { balloonBytes, guestFreeBytes: await readGuestFree(engine) };
  } catch (error) {
    if (!isWithoutBalloon(error)) throw error;
    WITHOUT_BALLOON.add(engine);
    return NO_BALLOON;
  }
}

/** Engines that were told to ask their guests for statistics; until then only what a driver said when it began is known. */
const POLLING = new WeakSet<QmpCaller>();

/** Engines whose machines have none; it cannot be plugged in, so they need not be asked again. */
const WITHOUT_BALLOON = new WeakSet<QmpCaller>();

/** The guest answers at its leisure, and the engine keeps the answer. */
async function readGuestFree(engine: QmpCaller): Promise<number | null> {
  if (!POLLING.has(engine)) {
    const polling = { path: BALLOON, property: 'guest-stats-polling-interval', value: POLLING_SECONDS };
    await engine.execute('qom-set', polling, { timeoutMs: TIMEOUT_MS });
    POLLING.add(engine);
  }
  const query = { path: BALLOON, property: 'guest-stats' };
  const answer = await engine.execute('qom-get', query, { timeoutMs: TIMEOUT_MS });
  const { stats, 'last-update': at } = isRecord(answer) ? answer : {};
  if (at === 0 || !isRecord(stats)) return null;
  return amount(stats['stat-available-memory']) ?? amount(stats['stat-free-memory']);
}

/** QEMU writes what the guest does not tell as -1, which comes out as the largest of its numbers. */
function amount(value: unknown): number | null {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? value : null;
}

function isWithoutBalloon(error: unknown): boolean {
  return error instanceof InnError && error.details?.errorClass === 'DeviceNotActive';
}
