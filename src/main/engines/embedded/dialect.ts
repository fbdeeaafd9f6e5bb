import { InnError } from '../../../shared/errors.ts';
import { readBalloon, setMemoryTarget } from '../balloon.ts';
import type { GuestUsage } from '../engine.ts';
import { isRecord } from '../qmp/protocol.ts';
import type { QmpDialect } from '../qmp-dialect.ts';
import { driveId } from './drive-id.ts';
import { finishMerge, mergeDisk, settleMerge } from './merge-disk.ts';
import { RUNTIME_FILES } from './process-spec.ts';

/** Compressing and writing two gibibytes on a slow disk. */
const SAVE_TIMEOUT_MS = 600_000;
/** Writing out what the guest has written, and copying its memory, on a host with much else to do. */
const SWITCH_TIMEOUT_MS = 120_000;
const SAMPLE_TIMEOUT_MS = 5_000;
/** Typing is paced so that the guest's keyboard buffer keeps up. */
const TYPE_TIMEOUT_MS = 120_000;

/** QMP as the machine process of the embedded engine speaks it; see docs/machine-process.md. */
export const EMBEDDED_DIALECT: QmpDialect = {
  sockets: {
    monitors: [RUNTIME_FILES.qmp, RUNTIME_FILES.monitor],
    screen: RUNTIME_FILES.screen,
    serial: RUNTIME_FILES.serial,
  },

  async saveState(engine, file, { signal }) {
    const cancel = (): void => {
      // A refusal means that the save is done or was never begun; the save's own answer tells what became of it.
      engine.execute('__org.innkeeper_save-cancel').catch(() => undefined);
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      await engine.execute('__org.innkeeper_save-state', { file }, { timeoutMs: SAVE_TIMEOUT_MS });
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  },

  async keepState(engine, file) {
    await engine.execute('__org.innkeeper_keep-state', { file }, { timeoutMs: SAVE_TIMEOUT_MS });
  },

  async takeSnapshot(engine, { stateFile, drives, runsOn, onSwitched, signal }) {
    const disks = drives.flatMap((drive) => (drive.medium ? [{ id: driveId(drive), medium: drive.medium }] : []));
    const orders = { disks, 'keeps-state': stateFile !== null, 'runs-on': runsOn };
    await engine.execute('__org.innkeeper_switch-disks', orders, { timeoutMs: SWITCH_TIMEOUT_MS });
    onSwitched();
    if (stateFile === null) return;
    const cancel = (): void => {
      engine.execute('__org.innkeeper_save-cancel').catch(() => undefined); // as above
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      if (signal.aborted) cancel();
      await engine.execute('__org.innkeeper_write-kept-state', { file: stateFile }, { timeoutMs: SAVE_TIMEOUT_MS });
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  },

  mergeDisk,
  settleMerge,
  finishMerge,

  async setCpuLimit(engine, percent) {
    await engine.execute('__org.innkeeper_set-cpu-limit', { percent });
  },

  setMemoryTarget,

  async changeMedium(engine, drive) {
    const id = driveId(drive);
    if (drive.medium === null) {
      await engine.execute('eject', { id, force: true });
      return;
    }
    const { path: filename, format, isReadOnly } = drive.medium;
    const mode = isReadOnly ? 'read-only' : 'read-write';
    await engine.execute('blockdev-change-medium', { id, filename, format, 'read-only-mode': mode });
  },

  async typeText(engine, text) {
    await engine.execute('__org.innkeeper_type-text', { text }, { timeoutMs: TYPE_TIMEOUT_MS });
  },

  async screenshot(engine) {
    const answer = await engine.execute('__org.innkeeper_screenshot');
    const { width, height, 'png-base64': png } = isRecord(answer) ? answer : {};
    if (typeof width !== 'number' || typeof height !== 'number' || typeof png !== 'string')
      throw nonsense('screenshot');
    return { width, height, png: Buffer.from(png, 'base64') };
  },

  async sample(engine) {
    const answer = await engine.execute('__org.innkeeper_sample', {}, { timeoutMs: SAMPLE_TIMEOUT_MS });
    const counters = isRecord(answer) ? answer : {};
    const read = (name: keyof GuestUsage): number => {
      const value = counters[name];
      if (typeof value !== 'number' || !Number.isFinite(value)) throw nonsense('sample');
      return value;
    };
    return {
      ...(await readBalloon(engine)),
      processorSeconds: read('processorSeconds'),
      guestMemoryBytes: read('guestMemoryBytes'),
      residentBytes: read('residentBytes'),
      diskReadBytes: read('diskReadBytes'),
      diskWriteBytes: read('diskWriteBytes'),
      networkInBytes: read('networkInBytes'),
      networkOutBytes: read('networkOutBytes'),
    };
  },
};

function nonsense(what: string): InnError {
  return new InnError('ENGINE_FAILED', `The engine answered the request for a ${what} with something else.`);
}
