import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { RUNTIME_FILES } from '../runtime-files.ts';
import { StateHeader } from './state-header.ts';

/** How a QEMU was started, written down in its runtime folder: for people, and for the program that takes it back. */
export const QemuOrders = z.object({
  format: z.literal(1),
  binary: z.string(),
  arguments: z.array(z.string()),
  /** Processors of the guest. */
  processors: z.int().positive(),
  /** What decides on the devices that can join it while it runs. */
  hotplug: z.object({ osType: z.string(), bootsFromNetwork: z.boolean() }),
  /** What a state saved in this run will say of its QEMU. */
  state: StateHeader,
});
export type QemuOrders = z.infer<typeof QemuOrders>;

/** The orders of the machine in the runtime folder; undefined when there are none that can be read. */
export async function readOrders(runtimeFolder: string): Promise<QemuOrders | undefined> {
  try {
    const text = await readFile(path.join(runtimeFolder, RUNTIME_FILES.orders), 'utf8');
    return QemuOrders.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // deleted by somebody; the machine itself is not concerned
  }
}

/** Writes down that the machine has another number of processors now. */
export async function noteProcessors(runtimeFolder: string, processors: number): Promise<void> {
  const orders = await readOrders(runtimeFolder);
  if (orders === undefined) return;
  const file = path.join(runtimeFolder, RUNTIME_FILES.orders);
  await writeFile(`${file}.new`, JSON.stringify({ ...orders, processors }), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
