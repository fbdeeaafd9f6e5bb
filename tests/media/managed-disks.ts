import type { ChangeEvent } from '../../src/main/events.ts';
import { openImage } from '../../src/main/media/formats/formats.ts';
import { createMediumManager } from '../../src/main/media/medium-manager.ts';
import { createTasks } from '../../src/main/tasks/task-service.ts';
import type { CreateDiskInput } from '../../src/shared/medium-contract.ts';
import type { Medium } from '../../src/shared/model/medium.ts';
import type { Task } from '../../src/shared/model/task.ts';
import type { Store } from '../support/store.ts';

export const MIB = 1024 * 1024;

export const aDisk = (path: string, changes: Partial<CreateDiskInput> = {}): CreateDiskInput => ({
  path,
  sizeBytes: 8 * MIB,
  format: 'qcow2',
  ...changes,
});

/** Writes through the format, as a guest would. */
export async function writeInto({ location, format }: Medium, offset: number, data: Buffer): Promise<void> {
  const device = await openImage(location, format, { isReadOnly: false });
  await device.write(offset, data);
  await device.flush();
  await device.close();
}

export async function readFrom({ location, format }: Medium, offset: number, length: number): Promise<Buffer> {
  const device = await openImage(location, format, { isReadOnly: true });
  const data = Buffer.alloc(length);
  await device.read(offset, data);
  await device.close();
  return data;
}

/** The same manager, whose tasks are seen the moment they begin. */
export function watched({ media, machines, commit, deps, folder }: Store, onBegin: (task: Task) => void) {
  const seen = new Set<string>();
  const publish = (event: ChangeEvent) => {
    if (event.kind !== 'taskChanged' || seen.has(event.task.id)) return;
    seen.add(event.task.id);
    onBegin(event.task);
  };
  const tasks = createTasks({ events: { publish }, now: deps.now });
  const paths = { machines: deps.paths.machines, disks: folder };
  return { tasks, manager: createMediumManager({ media, machines, commit, tasks, paths }) };
}

/** The tasks so far, and how they ended. */
export const titles = ({ tasks }: Store) => tasks.list().map(({ title, status }) => [title, status]);
