import { type Command, InvalidArgumentError } from 'commander';
import { InnError } from '../../../shared/errors.ts';
import type { MachineConfig } from '../../../shared/model/machine.ts';
import { AdapterMode, IsolationProfile, type NetworkAdapter } from '../../../shared/model/network.ts';
import type { InnClient } from '../../api/client-link.ts';
import { onOff, wholeNumber } from '../command-parts/arguments.ts';
import { choice } from '../command-parts/choice.ts';

export interface AdapterOptions {
  adapter?: number;
  network?: string;
  cable?: boolean;
  profile?: IsolationProfile;
  limitIn?: number | null;
  limitOut?: number | null;
  address?: string;
}

const UNITS: Record<string, number> = { '': 1, k: 1e3, M: 1e6, G: 1e9 };

/** Bits per second: `10M`, `500k`, `1G`, or `none`. */
export function bitRate(text: string): number | null {
  if (text === 'none') return null;
  const match = /^(\d+(?:\.\d+)?)([kMG]?)$/.exec(text);
  const bits = Number(match?.[1]) * (UNITS[match?.[2] ?? ''] ?? Number.NaN);
  if (match && bits >= 8000) return Math.round(bits);
  throw new InvalidArgumentError('It must be bits per second such as 10M or 500k (at least 8k), or none.');
}

export function addAdapterOptions(command: Command): Command {
  return command
    .option('--adapter <n>', 'which adapter the network options are about; else the first', wholeNumber(1, 8))
    .option(
      '--network <network>',
      `name of a network, or a mode: ${AdapterMode.options.join(', ')}; also while it runs`,
    )
    .option('--cable <on|off>', 'cable of the adapter; also while it runs', onOff)
    .option(
      '--profile <profile>',
      `how far it may reach: ${IsolationProfile.options.join(', ')}; also while it runs`,
      choice(IsolationProfile.options),
    )
    .option('--limit-in <rate|none>', 'bits per second towards the guest, such as 10M; also while it runs', bitRate)
    .option('--limit-out <rate|none>', 'bits per second from the guest', bitRate)
    .option('--address <ip|none>', 'the address that the network always gives it');
}

/** The adapters with what the options say. @throws InnError `INVALID_CONFIG`, `NETWORK_NOT_FOUND` */
export async function adaptersWith(
  { name, adapters }: MachineConfig,
  options: AdapterOptions,
  client: InnClient,
): Promise<NetworkAdapter[]> {
  const { adapter: number = 1, network, cable, profile, limitIn, limitOut, address } = options;
  const change: Partial<NetworkAdapter> = {
    ...(network === undefined ? {} : await attachmentOf(network, client)),
    ...(cable === undefined ? {} : { isCableConnected: cable }),
    ...(profile === undefined ? {} : { profile }),
    ...(limitIn === undefined ? {} : { limitInBitsPerSecond: limitIn }),
    ...(limitOut === undefined ? {} : { limitOutBitsPerSecond: limitOut }),
    ...(address === undefined ? {} : { fixedAddress: address === 'none' ? null : address }),
  };
  if (Object.keys(change).length === 0) return adapters;
  if (number > adapters.length) {
    throw new InnError('INVALID_CONFIG', `'${name}' has no adapter ${number}: it has ${adapters.length}.`, {
      hint: 'Add one in the Network page of its settings.',
    });
  }
  return adapters.map((each, index) => (index === number - 1 ? { ...each, ...change } : each));
}

/** A mode means the usual network of its kind; anything else is a network's name or id. */
async function attachmentOf(text: string, client: InnClient): Promise<Pick<NetworkAdapter, 'mode' | 'networkId'>> {
  const mode = AdapterMode.safeParse(text);
  if (mode.success) return { mode: mode.data, networkId: null };
  const { network } = await client.network.get({ network: text });
  return { mode: network.kind, networkId: network.isBuiltIn ? null : network.id };
}
