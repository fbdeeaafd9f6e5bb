import path from 'node:path';
import { InnError } from '../../../../shared/errors.ts';
import type { Hotplug } from '../../hotplug.ts';
import type { QmpCaller } from '../../qmp/link.ts';
import { RUNTIME_FILES } from '../../runtime-files.ts';
import type { ResolvedAdapter, ResolvedDrive } from '../../start-spec.ts';
import { blockNode, hasMedium } from '../command-line/blockdev.ts';
import { isExpressSlot } from '../command-line/hotplug-slots.ts';
import { adapterDevice, adapterId, networkBehind, networkId } from '../command-line/network.ts';
import { devicesOf } from '../command-line/storage.ts';
import { driveId } from '../drive-id.ts';
import { nodeInDrive, removeNode } from '../drive-nodes.ts';
import { type Places, readPlaces, writePlaces } from '../places.ts';
import type { DeviceRemoval } from './device-removal.ts';
import { plugProcessors } from './processors.ts';

/** What of a run decides on the devices that can join it. */
export interface HotplugFacts {
  osType: string;
  bootsFromNetwork: boolean;
}

export interface HotplugParts {
  engine: QmpCaller;
  removal: DeviceRemoval;
  facts: HotplugFacts | undefined;
  runtimeFolder: string;
  /** Called with the new number of processors. */
  onProcessors(count: number): Promise<void>;
}

const SCSI = { driver: 'virtio-scsi-pci', id: 'scsi' };

/** Devices that come and go by `device_add` and `device_del`; where they sit is written down after each. */
export class QemuHotplug implements Hotplug {
  readonly #parts: HotplugParts;

  constructor(parts: HotplugParts) {
    this.#parts = parts;
  }

  async attachDrive(drive: ResolvedDrive): Promise<void> {
    const { engine } = this.#parts;
    if (!hasMedium(drive) || (drive.controller !== 'virtio' && drive.controller !== 'scsi')) throw notPluggable(drive);
    const id = driveId(drive);
    const added: string[] = [];
    await engine.execute('blockdev-add', blockNode(drive));
    try {
      if (drive.controller === 'scsi' && (await readPlaces(engine)).scsi === undefined) {
        await this.#add(SCSI);
        added.push(SCSI.id);
      }
      for (const device of devicesOf(drive, 'i440fx', {})) {
        await (drive.controller === 'scsi' ? engine.execute('device_add', device) : this.#add(device));
      }
    } catch (error) {
      for (const each of added) await engine.execute('device_del', { id: each }).catch(() => undefined);
      await removeNode(engine, id);
      throw error;
    }
    await this.#notePlaces();
  }

  async detachDrive(drive: ResolvedDrive): Promise<void> {
    const { engine, removal } = this.#parts;
    if (drive.controller !== 'virtio' && drive.controller !== 'scsi') throw notPluggable(drive);
    const id = driveId(drive);
    const node = await nodeInDrive(engine, id);
    await removal.remove(engine, id);
    if (node !== undefined) await removeNode(engine, node);
    await this.#notePlaces();
  }

  async attachAdapter(adapter: ResolvedAdapter): Promise<void> {
    const { engine, facts, runtimeFolder } = this.#parts;
    if (facts === undefined) throw ordersLost();
    const { index, isCableConnected } = adapter;
    await engine.execute('netdev_add', networkBehind(index, runtimeFolder));
    try {
      const { romfile, ...device } = adapterDevice(adapter, facts.osType, undefined);
      await this.#add(facts.bootsFromNetwork ? device : { ...device, romfile });
    } catch (error) {
      await engine.execute('netdev_del', { id: networkId(index) }).catch(() => undefined);
      throw error;
    }
    if (!isCableConnected) await engine.execute('set_link', { name: adapterId(index), up: false });
    await this.#notePlaces();
  }

  async detachAdapter(adapterIndex: number): Promise<void> {
    const { engine, removal } = this.#parts;
    await removal.remove(engine, adapterId(adapterIndex));
    await engine.execute('netdev_del', { id: networkId(adapterIndex) });
    await this.#notePlaces();
  }

  async setProcessors(count: number): Promise<void> {
    const { engine, removal, onProcessors } = this.#parts;
    const present = await plugProcessors(engine, removal, count);
    await onProcessors(present);
    if (present !== count) throw tooFewSlots(count, present);
    await this.#notePlaces();
  }

  /** Adds a PCI device: on the one bus, or in a free slot of its own where the board has such. */
  async #add(device: Record<string, unknown>): Promise<void> {
    const { engine } = this.#parts;
    const places = await readPlaces(engine);
    const slots = Object.keys(places).filter(isExpressSlot);
    await engine.execute('device_add', slots.length === 0 ? device : { ...device, bus: freeSlot(slots, places) });
  }

  async #notePlaces(): Promise<void> {
    const { engine, runtimeFolder } = this.#parts;
    await writePlaces(path.join(runtimeFolder, RUNTIME_FILES.places), await readPlaces(engine));
  }
}

function freeSlot(slots: string[], places: Places): string {
  const taken = new Set(Object.values(places).map(({ bus }) => bus));
  const free = slots.find((slot) => !taken.has(slot));
  if (free !== undefined) return free;
  throw new InnError(
    'NOT_SUPPORTED',
    `All ${slots.length} slots for devices that are added while the machine runs are taken.`,
    {
      hint: 'Power the machine off to add more.',
    },
  );
}

function notPluggable({ controllerName, controller }: ResolvedDrive): InnError {
  return new InnError(
    'NOT_SUPPORTED',
    `Drives of '${controllerName}' (${controller}) cannot come or go while the machine runs.`,
    { hint: 'Use a VirtIO or SCSI controller for disks that shall, or power the machine off.' },
  );
}

function ordersLost(): InnError {
  return new InnError('NOT_SUPPORTED', 'It is not known any more how QEMU was started, so no adapter can be added.', {
    hint: 'Power the machine off first.',
  });
}

function tooFewSlots(wanted: number, present: number): InnError {
  return new InnError(
    'NOT_SUPPORTED',
    `The machine has ${present} processors now; it cannot have ${wanted} while it runs.`,
    {
      hint: 'Power the machine off to change it.',
    },
  );
}
