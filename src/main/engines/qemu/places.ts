import { readFile, rename, writeFile } from 'node:fs/promises';
import * as z from 'zod';
import { InnError } from '../../../shared/errors.ts';
import type { QmpCaller } from '../qmp/link.ts';
import { isRecord } from '../qmp/protocol.ts';

/**
 * Where each PCI device sits, by its id, or by its type when it has none. A state fits devices at the very places where they
 * were, and after a device came or went while the machine ran, the order of the command line does not tell them any more.
 */
export const Places = z.record(
  z.string().regex(/^[\w.-]+$/),
  z.object({
    bus: z.string().regex(/^[\w.-]+$/),
    addr: z.string().regex(/^[0-9a-f]+\.[0-7]$/),
    /** Queues of a VirtIO device: QEMU gives it as many as there are processors when it comes. */
    'num-queues': z.int().positive().optional(),
    num_queues: z.int().positive().optional(),
  }),
);
export type Places = z.infer<typeof Places>;

const PARENTS = ['/machine/peripheral', '/machine/peripheral-anon'];

/** @throws InnError `ENGINE_FAILED`, `ENGINE_TIMEOUT` */
export async function readPlaces(engine: QmpCaller): Promise<Places> {
  const places: Places = {};
  for (const parent of PARENTS) {
    const children = await engine.execute('qom-list', { path: parent });
    for (const child of Array.isArray(children) ? children : []) {
      const [, type] = isRecord(child) ? (/^child<(.+)>$/.exec(String(child.type)) ?? []) : [];
      if (type === undefined) continue;
      const name = String(child.name);
      const place = await placeOf(engine, `${parent}/${name}`);
      if (place) places[name.startsWith('device[') ? type : name] = place;
    }
  }
  return places;
}

async function placeOf(engine: QmpCaller, path: string): Promise<Places[string] | undefined> {
  const get = (property: string) => engine.execute('qom-get', { path, property });
  try {
    const [address, bus] = [await get('addr'), await get('parent_bus')];
    if (typeof address !== 'number' || address < 0 || typeof bus !== 'string') return undefined;
    const place = { bus: bus.split('/').at(-1) ?? '', addr: `${(address >> 3).toString(16)}.${address & 7}` };
    return { ...place, ...(await queuesOf(engine, path)) };
  } catch (error) {
    if (error instanceof InnError && error.details?.errorClass !== undefined) return undefined; // not on a PCI bus
    throw error;
  }
}

/** Block devices call them `num-queues`, SCSI controllers `num_queues`; network adapters have one pair. */
async function queuesOf(engine: QmpCaller, path: string): Promise<Record<string, number>> {
  const properties = await engine.execute('qom-list', { path });
  const names = (Array.isArray(properties) ? properties : []).map((each) => String(isRecord(each) ? each.name : ''));
  const name = names.find((each) => each === 'num-queues' || each === 'num_queues');
  if (name === undefined) return {};
  const count = await engine.execute('qom-get', { path, property: name });
  return typeof count === 'number' && count > 0 && count < 0xffff ? { [name]: count } : {};
}

/** The arguments with each `-device` at its place. Pure. */
export function putInPlaces(args: readonly string[], places: Places): string[] {
  return args.map((argument, index) => {
    if (args[index - 1] !== '-device' || !argument.startsWith('{')) return argument;
    const device: Record<string, unknown> = JSON.parse(argument);
    const place = places[String(device.id ?? device.driver)];
    return place ? JSON.stringify({ ...device, ...place }) : argument;
  });
}

/** Written down in the runtime folder, for the program that saves the state in the end. */
export async function writePlaces(file: string, places: Places): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(places), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Undefined: every device sits where the command line put it. */
export async function readPlacesFile(file: string): Promise<Places | undefined> {
  try {
    return Places.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new InnError('ENGINE_FAILED', `It is not known any more where the devices sit: '${file}' is damaged.`, {
      hint: 'Shut the guest down instead of saving its state.',
      cause: error,
    });
  }
}
