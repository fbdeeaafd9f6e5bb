import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { contract } from '../../../shared/contract.ts';
import { InnError } from '../../../shared/errors.ts';
import type { NetworkCapture } from '../../../shared/model/virtual-network.ts';
import { formatBytes } from '../../../shared/units.ts';
import type { InnClient } from '../../api/client-link.ts';
import { size, wholeNumber } from '../command-parts/arguments.ts';
import { type CliContext, show, withConnection } from '../command-parts/context.ts';
import { summaryOf } from '../command-parts/summary.ts';
import { captureTable } from './network-lines.ts';

interface CaptureOptions {
  machine?: string;
  adapter?: number;
  file?: string;
  limit?: number;
  /** True without an id. */
  stop?: string | true;
  list?: true;
}

/** As the contract has it. */
const LEAST_BYTES = 4096;

function fileSize(text: string): number {
  const bytes = size(text);
  if (bytes >= LEAST_BYTES) return bytes;
  throw new InvalidArgumentError('It must be 4K at least.');
}

/** `inn network capture <network>`, and the same with `--stop` or `--list`. */
export function addCaptureCommand(group: Command, context: CliContext): void {
  group
    .command('capture <network>')
    .description(`${summaryOf(contract.network.startCapture)}; it goes on until --stop`)
    .option('--machine <machine>', 'only what this machine sends and gets')
    .option('--adapter <n>', 'which of its adapters', wholeNumber(1, 8))
    .option('--file <file>', 'by default a new file in the data folder')
    .option('--limit <size>', 'size at which a new file begins, and the one before the last is deleted', fileSize)
    .addOption(
      new Option(
        '--list',
        'the captures of the network: those that go on, and those that ended by themselves',
      ).conflicts(['machine', 'adapter', 'file', 'limit', 'stop']),
    )
    .option('--stop [id]', 'end a capture; the id is needed when there are several')
    .action(async (network: string, options: CaptureOptions, command: Command) => {
      await withConnection(context, async ({ client }) => {
        if (options.list) {
          show(context, command, (await client.network.get({ network })).captures, captureTable);
        } else if (options.stop === undefined) {
          show(context, command, await start(client, network, options), startLines(network));
        } else {
          show(context, command, await stop(client, network, options.stop), stopLines);
        }
      });
    });
}

function start(client: InnClient, network: string, options: CaptureOptions): Promise<NetworkCapture> {
  const { machine, adapter, file, limit } = options;
  return client.network.startCapture({
    ...{ network, machine, limitBytes: limit, adapter: adapter === undefined ? undefined : adapter - 1 },
    path: file === undefined ? undefined : path.resolve(file),
  });
}

async function stop(client: InnClient, network: string, id: string | true): Promise<NetworkCapture> {
  return client.network.stopCapture({ network, id: id === true ? await onlyCapture(client, network) : id });
}

/** @throws InnError `NETWORK_NOT_FOUND` when there is none, `CONFLICT` when there are several */
async function onlyCapture(client: InnClient, ref: string): Promise<string> {
  const { captures, network } = await client.network.get({ network: ref });
  const running = captures.filter(({ endedAt }) => endedAt === null);
  // Those that ended by themselves are meant where none goes on.
  const [only, ...others] = running.length > 0 ? running : captures;
  if (!only) {
    throw new InnError('NETWORK_NOT_FOUND', `Nothing is captured on the network '${network.name}'.`, {
      hint: `Begin with: inn network capture '${network.name}'`,
    });
  }
  if (others.length === 0) return only.id;
  throw new InnError('CONFLICT', `There are ${others.length + 1} captures on the network '${network.name}'.`, {
    hint: `Say which: ${[only, ...others].map(({ id, path: file }) => `${id} (${file})`).join(', ')}`,
  });
}

const startLines =
  (network: string) =>
  ({ id, path: file }: NetworkCapture): string[] => [
    `Capturing to ${file}`,
    `End it with: inn network capture '${network}' --stop ${id}`,
  ];

function stopLines({ path: file, frames, bytes, failure }: NetworkCapture): string[] {
  const end = failure === null ? [] : [`It had ended by itself: ${failure}`];
  return [`Captured ${frames} frames, ${formatBytes(bytes)}, in ${file}`, ...end];
}
