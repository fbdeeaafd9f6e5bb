import type { Command } from 'commander';
import { contract } from '../../../shared/contract.ts';
import type { Overcommit, Pool } from '../../../shared/model/pool.ts';
import { wholeNumber } from '../command-parts/arguments.ts';
import { type CliContext, show, withConnection } from '../command-parts/context.ts';
import { summaryOf } from '../command-parts/summary.ts';
import { addClaimOptions, type ClaimOptions, withClaimChanges } from '../machine-settings/claim-options.ts';
import { poolFields, poolTree } from './pool-lines.ts';

interface PoolOptions extends ClaimOptions {
  name?: string;
  parent?: string;
  cpuOvercommit?: string;
  memoryOvercommit?: string;
}

/** Where a pool or machine goes that is in none. */
const HOST = 'none';

/** `inn pool list|create|set|move|remove`. */
export function addPoolCommands(program: Command, context: CliContext): void {
  const group = program.command('pool').description('Resource pools: list, create, set, move, remove');
  addList(group, context);
  addCreate(group, context);
  addSet(group, context);
  addMove(group, context);
  addRemove(group, context);
}

function addList(group: Command, context: CliContext): void {
  group
    .command('list')
    .description('The pools with the machines in them, and what each has at this moment')
    .action(async (_options: object, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const [pools, machines, grants] = await Promise.all([
          client.pool.list({}),
          client.machine.list({}),
          client.pool.grants({}),
        ]);
        show(context, command, { pools, grants }, () => poolTree(pools, machines, grants));
      });
    });
}

function addPoolOptions(command: Command): Command {
  return addClaimOptions(command)
    .option('--cpu-overcommit <n|none>', 'virtual processors that may be promised per processor')
    .option('--memory-overcommit <n|none>', 'memory that may be promised per memory there is');
}

function addCreate(group: Command, context: CliContext): void {
  addPoolOptions(group.command('create <name>').description(summaryOf(contract.pool.create)))
    .option('--parent <pool>', 'the pool around it; else it stands on the host')
    .action(async (name: string, options: PoolOptions, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const made = await client.pool.create({ name, parent: options.parent ?? null, ...changesOf(options) });
        show(context, command, made, poolFields);
      });
    });
}

function addSet(group: Command, context: CliContext): void {
  addPoolOptions(group.command('set <pool>').description(summaryOf(contract.pool.configure)))
    .option('--name <name>', 'rename it')
    .action(async (ref: string, options: PoolOptions, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const wanted = ref.toLowerCase();
        const pool = (await client.pool.list({})).find(({ id, name }) => id === ref || name.toLowerCase() === wanted);
        const name = options.name === undefined ? {} : { name: options.name };
        const changed = await client.pool.configure({ pool: pool?.id ?? ref, ...name, ...changesOf(options, pool) });
        show(context, command, changed, poolFields);
      });
    });
}

function addMove(group: Command, context: CliContext): void {
  group
    .command('move <pool> <parent>')
    .description(`${summaryOf(contract.pool.move)}; '${HOST}' is the host`)
    .option('--position <n>', 'place among its siblings, from 0', wholeNumber(0, 10_000))
    .action(async (pool: string, parent: string, options: { position?: number }, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const moved = await client.pool.move({ pool, parent: parent === HOST ? null : parent, ...options });
        show(context, command, moved, ({ name }) => [
          parent === HOST ? `'${name}' stands on the host.` : `'${name}' is in '${parent}'.`,
        ]);
      });
    });
}

function addRemove(group: Command, context: CliContext): void {
  group
    .command('remove <pool>')
    .description(summaryOf(contract.pool.remove))
    .action(async (pool: string, _options: object, command: Command) => {
      await withConnection(context, async ({ client }) => {
        show(context, command, await client.pool.remove({ pool }), () => [`Removed '${pool}'.`]);
      });
    });
}

const NOTHING = {
  processor: { reservation: 0, limit: null, shares: 'normal' },
  memory: { reservationMiB: 0, limitMiB: null, shares: 'normal' },
  overcommit: { processor: null, memory: null },
} as const;

/** All claims of the pool as they will be: the core checks them together. */
function changesOf(options: PoolOptions, pool: Pick<Pool, 'processor' | 'memory' | 'overcommit'> = NOTHING) {
  return { ...withClaimChanges(pool, options), overcommit: overcommitOf(options, pool.overcommit) };
}

function overcommitOf({ cpuOvercommit, memoryOvercommit }: PoolOptions, before: Overcommit): Overcommit {
  const ratio = (text: string | undefined, old: number | null) =>
    text === undefined ? old : text === 'none' ? null : Number(text); // the schema refuses what is no number
  return { processor: ratio(cpuOvercommit, before.processor), memory: ratio(memoryOvercommit, before.memory) };
}
