import type { Command } from 'commander';
import { contract } from '../../../shared/contract.ts';
import type { Machine } from '../../../shared/model/machine.ts';
import type { Snapshot } from '../../../shared/model/snapshot.ts';
import { formatBytes } from '../../../shared/units.ts';
import { type CliContext, show, withConnection } from '../command-parts/context.ts';
import { fields, machineFields, table } from '../command-parts/print.ts';
import { summaryOf } from '../command-parts/summary.ts';

/** `inn snapshot take|list|show|restore|delete|rename <machine> [name]` and `inn clone`. */
export function addSnapshotCommands(program: Command, context: CliContext): void {
  const group = program
    .command('snapshot')
    .description('Snapshots of a machine: take, list, show, restore, delete, rename');
  addTake(group, context);
  addList(group, context);
  addShow(group, context);
  addRestore(group, context);
  addDelete(group, context);
  addRename(group, context);
  addClone(program, context);
}

function addTake(group: Command, context: CliContext): void {
  group
    .command('take <machine> [name]')
    .description(summaryOf(contract.snapshot.take))
    .option('--description <text>', 'a note for people', '')
    .option('--without-memory', 'of a machine that is on: keep its disks alone', false)
    .action(
      async (
        machine: string,
        name: string | undefined,
        options: { description: string; withoutMemory: boolean },
        command: Command,
      ) => {
        const { description, withoutMemory } = options;
        await withConnection(context, async ({ client }) => {
          const input = { machine, description, withMemory: !withoutMemory, ...(name === undefined ? {} : { name }) };
          show(context, command, await client.snapshot.take(input), (taken) => [
            `Took '${taken.name}'${pause(taken)}.`,
          ]);
        });
      },
    );
}

const pause = ({ pausedMs }: Snapshot): string =>
  pausedMs === null ? '' : `; the guest stood still for ${Math.round(pausedMs)} ms`;

function addList(group: Command, context: CliContext): void {
  group
    .command('list <machine>')
    .description(summaryOf(contract.snapshot.list))
    .action(async (machine: string, _options: object, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const [found, snapshots] = await Promise.all([
          client.machine.get({ machine }),
          client.snapshot.list({ machine }),
        ]);
        show(context, command, snapshots, () => treeLines(found, snapshots));
      });
    });
}

/** The tree with its oldest snapshot first; a star stands where the machine is. */
function treeLines({ currentSnapshotId }: Machine, snapshots: Snapshot[]): string[] {
  if (snapshots.length === 0) return ['No snapshots yet. Try `inn snapshot take`.'];
  const rows = (parentId: string | null, depth: number): string[][] =>
    snapshots
      .filter((snapshot) => snapshot.parentId === parentId)
      .flatMap((snapshot) => [
        [
          `${'  '.repeat(depth)}${snapshot.name}${snapshot.id === currentSnapshotId ? ' *' : ''}`,
          snapshot.takenAt,
          snapshot.hasMemory ? 'with memory' : 'disks',
          snapshot.id,
        ],
        ...rows(snapshot.id, depth + 1),
      ]);
  return table(['NAME', 'TAKEN', 'KEEPS', 'ID'], rows(null, 0));
}

function addShow(group: Command, context: CliContext): void {
  group
    .command('show <machine> <snapshot>')
    .description('One snapshot, and what deleting it would take')
    .action(async (machine: string, snapshot: string, _options: object, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const found = await findOne(await client.snapshot.list({ machine }), snapshot);
        const cost = await client.snapshot.cost({ machine, snapshot: found?.id ?? snapshot });
        if (!found) return;
        show(context, command, { ...found, cost }, () =>
          fields([
            ['Name', found.name],
            ['Id', found.id],
            ['Taken', found.takenAt],
            ['Keeps', found.hasMemory ? `disks and memory (${found.engine})` : 'disks'],
            ...(found.pausedMs === null
              ? []
              : [['Guest stood still', `${Math.round(found.pausedMs)} ms`] as [string, string]]),
            ...(found.description ? [['Description', found.description] as [string, string]] : []),
            ['To delete it', `${formatBytes(cost.bytesToCopy)} to copy, ${formatBytes(cost.bytesFree)} free`],
          ]),
        );
      });
    });
}

/** By id or name; the core says what is wrong when there is none, or more than one. */
async function findOne(snapshots: Snapshot[], ref: string): Promise<Snapshot | undefined> {
  const named = snapshots.filter(({ id, name }) => id === ref || name.toLowerCase() === ref.toLowerCase());
  return named.length === 1 ? named[0] : undefined;
}

function addRestore(group: Command, context: CliContext): void {
  group
    .command('restore <machine> <snapshot>')
    .description(summaryOf(contract.snapshot.restore))
    .option('--take-first', 'keep the present state as a snapshot first', false)
    .action(async (machine: string, snapshot: string, options: { takeFirst: boolean }, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const restored = await client.snapshot.restore({ machine, snapshot, takesCurrentFirst: options.takeFirst });
        show(context, command, restored, ({ config }) => [`'${config.name}' is as in '${snapshot}'.`]);
      });
    });
}

function addDelete(group: Command, context: CliContext): void {
  group
    .command('delete <machine> <snapshot>')
    .description(summaryOf(contract.snapshot.delete))
    .action(async (machine: string, snapshot: string, _options: object, command: Command) => {
      await withConnection(context, async ({ client }) => {
        await client.snapshot.delete({ machine, snapshot });
        show(context, command, { deleted: snapshot }, () => [`Deleted '${snapshot}'.`]);
      });
    });
}

function addRename(group: Command, context: CliContext): void {
  group
    .command('rename <machine> <snapshot> <name>')
    .description(summaryOf(contract.snapshot.describe))
    .option('--description <text>', 'a note for people')
    .action(
      async (machine: string, snapshot: string, name: string, options: { description?: string }, command: Command) => {
        await withConnection(context, async ({ client }) => {
          const renamed = await client.snapshot.describe({ machine, snapshot, name, ...options });
          show(context, command, renamed, () => [`'${snapshot}' is now '${renamed.name}'.`]);
        });
      },
    );
}

function addClone(program: Command, context: CliContext): void {
  program
    .command('clone <machine> <name>')
    .description(summaryOf(contract.machine.clone))
    .option('--linked', 'keep only what differs; the clone needs its source', false)
    .option('--snapshot <snapshot>', 'clone this snapshot instead of the present state')
    .action(
      async (machine: string, name: string, options: { linked: boolean; snapshot?: string }, command: Command) => {
        await withConnection(context, async ({ client }) => {
          const { linked, snapshot } = options;
          const kind = linked ? 'linked' : 'full';
          const input = { machine, name, kind, ...(snapshot === undefined ? {} : { snapshot }) } as const;
          show(context, command, await client.machine.clone(input), machineFields);
        });
      },
    );
}
