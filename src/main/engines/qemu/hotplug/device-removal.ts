import { InnError } from '../../../../shared/errors.ts';
import { settlesWithin } from '../../../processes/process-identity.ts';
import type { QmpCaller } from '../../qmp/link.ts';
import { isRecord, type QmpEvent } from '../../qmp/protocol.ts';

/** A guest that is awake lets a device go within a second; one that still starts may need longer. */
const PATIENCE_MS = 10_000;

/** Takes devices out. The guest has to let them go; QEMU tells when it has, or that it will not. */
export class DeviceRemoval {
  readonly #waiting = new Map<string, (isGone: boolean) => void>();

  /** Every event of the machine comes by here. */
  note({ event, data }: QmpEvent): void {
    const names = [data?.device, data?.path].filter((name) => typeof name === 'string');
    for (const name of names) {
      if (event === 'DEVICE_DELETED') this.#waiting.get(name)?.(true);
      if (event === 'DEVICE_UNPLUG_GUEST_ERROR') this.#waiting.get(name)?.(false);
    }
    // Processors are refused by ACPI's own word (ACPI 6.5, 6.3.5: an ejection that is neither done, 0, nor under way, 0x84).
    const info = event === 'ACPI_DEVICE_OST' && isRecord(data?.info) ? data.info : {};
    if (info.source === 3 && info.status !== 0 && info.status !== 0x84) this.#waiting.get(String(info.device))?.(false);
  }

  /**
   * Resolves when the device is gone. @param id its id, or its path in QEMU's tree of objects
   * @throws InnError `GUEST_REFUSED` when the guest keeps it, `ENGINE_FAILED`, `ENGINE_TIMEOUT`
   */
  async remove(engine: QmpCaller, id: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting.set(id, resolve);
    try {
      await engine.execute('device_del', { id });
      const isTold = await settlesWithin(promise, PATIENCE_MS);
      // An event may have been missed while the connection was lost: looking says what became of it.
      if (isTold ? await promise : !(await exists(engine, id))) return;
      throw refused(id);
    } finally {
      this.#waiting.delete(id);
    }
  }
}

async function exists(engine: QmpCaller, id: string): Promise<boolean> {
  const children = await engine.execute('qom-list', { path: '/machine/peripheral' });
  return id.startsWith('/') || (Array.isArray(children) && children.some((each) => isRecord(each) && each.name === id));
}

function refused(id: string): InnError {
  return new InnError('GUEST_REFUSED', `The guest did not let go of the device '${id}'.`, {
    hint: 'Unmount it in the guest, or wait until the guest has started, and try again; or power the machine off.',
    details: { device: id },
  });
}
