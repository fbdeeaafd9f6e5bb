import type { Command } from 'commander';
import { contract } from '../../../shared/contract.ts';
import type { Uplink } from '../../../shared/model/uplink.ts';
import { NetworkKind } from '../../../shared/model/virtual-network.ts';
import type { InnClient } from '../../api/client-link.ts';
import { wholeNumber } from '../command-parts/arguments.ts';
import { choice } from '../command-parts/choice.ts';
import { type CliContext, show, withConnection } from '../command-parts/context.ts';
import { summaryOf } from '../command-parts/summary.ts';
import { addCaptureCommand } from './capture-command.ts';
import { addressTable, leaseTable, networkFields, networkLines, networkTable, reachLines } from './network-lines.ts';
import { uplinkLines } from './uplink-lines.ts';

interface NetworkOptions {
  subnet?: string;
  mtu?: number;
  description?: string;
  name?: string;
  bridge?: string;
  tap?: string;
  /** False for `--no-uplink`. */
  uplink?: boolean;
}

/** `inn network list|show|create|set|remove|leases|uplinks|capture`, `inn ip`, `inn reach`. */
export function addNetworkCommands(program: Command, context: CliContext): void {
  const group = program
    .command('network')
    .description('Virtual networks: list, show, create, set, remove, leases, uplinks, capture');
  addList(group, context);
  addShow(group, context);
  addCreate(group, context);
  addSet(group, context);
  addRemove(group, context);
  addLeases(group, context);
  addUplinks(group, context);
  addCaptureCommand(group, context);
  addIp(program, context);
  addReach(program, context);
}

/** All networks as they are at the moment. */
export async function allNetworks(client: InnClient) {
  const networks = await client.network.list({});
  return Promise.all(networks.map(({ id }) => client.network.get({ network: id })));
}

function addList(group: Command, context: CliContext): void {
  group
    .command('list')
    .description(summaryOf(contract.network.list))
    .action(async (_options: object, command: Command) => {
      await withConnection(context, async ({ client }) =>
        show(context, command, await allNetworks(client), networkTable),
      );
    });
}

function addShow(group: Command, context: CliContext): void {
  group
    .command('show <network>')
    .description(summaryOf(contract.network.get))
    .action(async (network: string, _options: object, command: Command) => {
      await withConnection(context, async ({ client }) =>
        show(context, command, await client.network.get({ network }), networkLines),
      );
    });
}

function addNetworkOptions(command: Command): Command {
  return command
    .option('--subnet <range>', 'its addresses, such as 10.0.4.0/24, or none for an internal network')
    .option('--bridge <bridge>', 'a bridge of this computer that it leads to (bridged)')
    .option('--tap <interface>', 'a TAP device of this computer that is on it (bridged, hostOnly)')
    .option('--mtu <bytes>', 'largest content of a frame', wholeNumber(576, 9000))
    .option('--description <text>', 'a note for people');
}

function settingsOf({ subnet, bridge, tap, uplink, ...rest }: NetworkOptions) {
  const named = uplinkOf(bridge, tap);
  return {
    ...rest,
    ...(subnet === undefined ? {} : { subnet: subnet === 'none' ? null : subnet }),
    ...(uplink === false ? { uplink: null } : named === undefined ? {} : { uplink: named }),
  };
}

function uplinkOf(bridge: string | undefined, tap: string | undefined): Uplink | undefined {
  if (bridge !== undefined) return { kind: 'bridge', bridge };
  return tap === undefined ? undefined : { kind: 'tap', interface: tap };
}

function addCreate(group: Command, context: CliContext): void {
  addNetworkOptions(group.command('create <name>').description(summaryOf(contract.network.create)))
    .option('--kind <kind>', NetworkKind.options.join(', '), choice(NetworkKind.options), 'natNetwork')
    .action(async (name: string, { kind, ...options }: NetworkOptions & { kind: NetworkKind }, command: Command) => {
      await withConnection(context, async ({ client }) =>
        show(context, command, await client.network.create({ ...settingsOf(options), name, kind }), networkFields),
      );
    });
}

function addSet(group: Command, context: CliContext): void {
  addNetworkOptions(group.command('set <network>').description(summaryOf(contract.network.configure)))
    .option('--name <name>', 'rename it')
    .option('--no-uplink', 'only the machines are on it from now on')
    .action(async (network: string, options: NetworkOptions, command: Command) => {
      await withConnection(context, async ({ client }) =>
        show(context, command, await client.network.configure({ network, ...settingsOf(options) }), networkFields),
      );
    });
}

function addRemove(group: Command, context: CliContext): void {
  group
    .command('remove <network>')
    .description(summaryOf(contract.network.remove))
    .action(async (network: string, _options: object, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const removed = await client.network.remove({ network });
        show(context, command, removed, () => [`Removed the network '${network}'.`]);
      });
    });
}

function addLeases(group: Command, context: CliContext): void {
  group
    .command('leases <network>')
    .description('Addresses that a network has given')
    .action(async (network: string, _options: object, command: Command) => {
      await withConnection(context, async ({ client }) =>
        show(context, command, await client.network.get({ network }), leaseTable),
      );
    });
}

function addUplinks(group: Command, context: CliContext): void {
  group
    .command('uplinks')
    .description(summaryOf(contract.network.uplinks))
    .action(async (_options: object, command: Command) => {
      await withConnection(context, async ({ client }) =>
        show(context, command, await client.network.uplinks({}), uplinkLines),
      );
    });
}

function addIp(program: Command, context: CliContext): void {
  program
    .command('ip <machine>')
    .description(summaryOf(contract.network.addresses))
    .action(async (machine: string, _options: object, command: Command) => {
      await withConnection(context, async ({ client }) =>
        show(context, command, await client.network.addresses({ machine }), addressTable),
      );
    });
}

function addReach(program: Command, context: CliContext): void {
  program
    .command('reach <machine> <to>')
    .description(
      `${summaryOf(contract.network.reach)}; <to> is a machine, host, hostServices, lan, internet or an address`,
    )
    .option('--port <n>', 'a port there', wholeNumber(1, 65_535))
    .action(async (machine: string, to: string, { port }: { port?: number }, command: Command) => {
      await withConnection(context, async ({ client }) =>
        show(context, command, await client.network.reach({ machine, to, port }), reachLines),
      );
    });
}
