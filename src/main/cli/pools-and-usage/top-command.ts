import type { Command } from 'commander';
import { contract } from '../../../shared/contract.ts';
import { describeState, isOnline } from '../../../shared/machine-state.ts';
import type { Machine } from '../../../shared/model/machine.ts';
import type { MachineUsage, UsageSample } from '../../../shared/model/usage.ts';
import { formatBytes } from '../../../shared/units.ts';
import { choice } from '../command-parts/choice.ts';
import { type CliContext, wantsJson, withConnection } from '../command-parts/context.ts';
import { table } from '../command-parts/print.ts';
import { summaryOf } from '../command-parts/summary.ts';
import { memoryWarnings } from './memory-lines.ts';

const SORTS = ['cpu', 'memory', 'disk', 'network', 'name'] as const;
type Sort = (typeof SORTS)[number];

const WEIGHTS: Record<Exclude<Sort, 'name'>, (usage: MachineUsage) => number> = {
  cpu: ({ processorUse }) => processorUse,
  memory: ({ memoryUsedBytes }) => memoryUsedBytes,
  disk: (usage) => usage.diskReadBytesPerSecond + usage.diskWriteBytesPerSecond,
  network: (usage) => usage.networkInBytesPerSecond + usage.networkOutBytesPerSecond,
};

interface TopLine {
  machine: Machine;
  usage: MachineUsage | undefined;
}

/** The machines that are on, and their use, the largest first. */
export function topLines(sample: UsageSample, machines: Machine[], sort: Sort): string[] {
  const { host } = sample;
  const lines = machines
    .filter(({ state }) => isOnline(state))
    .map((machine) => ({ machine, usage: sample.machines.find(({ machineId }) => machineId === machine.id) }))
    .sort((a, b) => compare(a, b, sort));
  const memoryUsed = host.memoryTotalBytes - host.memoryAvailableBytes;
  return [
    `Host: ${percent(host.processorUse / host.processorsTotal)} of ${host.processorsTotal} processors, ` +
      `${formatBytes(memoryUsed)} of ${formatBytes(host.memoryTotalBytes)} memory, ` +
      `${formatBytes(host.storageFreeBytes)} free on disk`,
    `${lines.length} of ${machines.length} machines are on`,
    '',
    ...table(['NAME', 'STATE', 'CPU', 'RAM', 'OF', 'DISK R/s', 'DISK W/s', 'NET IN/s', 'NET OUT/s'], lines.map(toRow)),
    ...memoryWarnings(sample, machines),
  ];
}

function compare(a: TopLine, b: TopLine, sort: Sort): number {
  const byName = a.machine.config.name.localeCompare(b.machine.config.name);
  if (sort === 'name') return byName;
  const weigh = ({ usage }: TopLine) => (usage ? WEIGHTS[sort](usage) : -1);
  return weigh(b) - weigh(a) || byName;
}

const percent = (part: number): string => `${(part * 100).toFixed(1)} %`;

function toRow({ machine: { config, state, reason }, usage }: TopLine): string[] {
  const name = [config.name, describeState(state, reason)];
  if (!usage) return [...name, '-', '-', formatBytes(config.memoryMiB * 1024 ** 2), '-', '-', '-', '-'];
  return [
    ...name,
    percent(usage.processorUse),
    formatBytes(usage.memoryUsedBytes),
    formatBytes(usage.memoryPromisedBytes),
    formatBytes(usage.diskReadBytesPerSecond),
    formatBytes(usage.diskWriteBytesPerSecond),
    formatBytes(usage.networkInBytesPerSecond),
    formatBytes(usage.networkOutBytesPerSecond),
  ];
}

/** Clears the screen and puts the cursor into its corner (ECMA-48, ED and CUP). */
const CLEAR = '\u001b[2J\u001b[H';

/** A sample is taken each second. */
const RECENT_MS = 1500;

/** `inn top`: renewed each second in a terminal until it is interrupted, printed once elsewhere. */
export function addTopCommand(program: Command, context: CliContext): void {
  program
    .command('top')
    .description(summaryOf(contract.usage.subscribe))
    .option('--sort <by>', SORTS.join(', '), choice(SORTS), 'cpu')
    .option('--once', 'print it once, in a terminal too')
    .action(async ({ sort, once }: { sort: Sort; once?: boolean }, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const isLive = context.stdout.isTTY === true && once !== true && !wantsJson(command);
        // The stream opens with the samples of the last minutes; and a rate needs two of them.
        const oldestMs = Date.now() - RECENT_MS;
        let samples = 0;
        for await (const sample of await client.usage.subscribe({})) {
          samples += 1;
          if (samples < 2 || Date.parse(sample.at) < oldestMs) continue;
          if (wantsJson(command)) return context.print(JSON.stringify(sample, null, 2));
          const lines = topLines(sample, await client.machine.list({}), sort);
          if (!isLive) return lines.forEach(context.print);
          context.stdout.write(`${CLEAR}${lines.join('\n')}\n`);
        }
      });
    });
}
