import type { DiskMerge } from '../../disk-merge.ts';
import { QmpError } from '../../qmp/protocol.ts';
import type { QmpCommand } from '../../qmp/server.ts';
import { LiveMerge } from './live-merge.ts';
import type { MachineParts } from './machine-parts.ts';

/** Merging images of a disk while the guest goes on: one merge at a time, which a later program can ask about, too. */
export function mergeCommands({ machine }: Pick<MachineParts, 'machine'>): Record<string, QmpCommand> {
  let latest: LiveMerge | undefined;
  return {
    '__org.innkeeper_merge-start': async (args) => {
      if (latest?.status === 'copying') throw new QmpError('GenericError', 'Another merge is under way.');
      // One that is ready needs no end: the new one opens the images as the settings have them by now.
      const drive = machine.drives.find(String(args.id));
      if (drive?.plan.kind !== 'disk') throw new QmpError('DeviceNotFound', `There is no disk '${String(args.id)}'.`);
      latest = new LiveMerge(drive, args.merge as DiskMerge); // the program and its machine processes are of one version
    },
    '__org.innkeeper_query-merge': () => ({
      status: latest?.status ?? 'none',
      done: latest?.doneBytes ?? 0,
      total: latest?.totalBytes ?? 0,
      error: latest?.error ?? null,
      child: latest?.merge.child ?? null,
      hidden: latest?.merge.hidden ?? null,
    }),
    '__org.innkeeper_merge-cancel': async () => {
      await latest?.cancel();
    },
    '__org.innkeeper_merge-finish': async () => {
      await latest?.finish();
    },
  };
}
