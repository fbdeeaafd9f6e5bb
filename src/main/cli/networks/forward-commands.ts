import { type Command, InvalidArgumentError } from 'commander';
import { contract } from '../../../shared/contract.ts';
import { InnError } from '../../../shared/errors.ts';
import type { Machine } from '../../../shared/model/machine.ts';
import type { InnClient } from '../../api/client-link.ts';
import { wholeNumber } from '../command-parts/arguments.ts';
import { type CliContext, show, withConnection } from '../command-parts/context.ts';
import { summaryOf } from '../command-parts/summary.ts';
import { addedLine, type ForwardAndState, forwardsOf, forwardTable, removedLine } from './forward-lines.ts';
import { allNetworks } from './network-commands.ts';

export interface ForwardPorts {
  hostAddress: string;
  hostPort: number;
  guestPort: number;
}

/** Which forward is meant, as far as it was said. */
export type ForwardChoice = Partial<ForwardPorts>;

const WHOLE = /^(?:(\d+\.\d+\.\d+\.\d+):)?(\d{1,5})(?::(\d{1,5}))?$/;

/** Reads `8080:80`, or `0.0.0.0:8080:80` with the address of the host before it; port 0 is any free one. */
export function forwardPorts(text: string): ForwardPorts {
  const { hostAddress = '127.0.0.1', hostPort, guestPort } = forwardChoice(text);
  if (hostPort !== undefined && guestPort !== undefined) return { hostAddress, hostPort, guestPort };
  throw new InvalidArgumentError('It must be <host port>:<guest port>, such as 8080:80.');
}

/** Reads the same, or the port of the host alone. */
export function forwardChoice(text: string): ForwardChoice {
  const match = WHOLE.exec(text);
  const [hostPort, guestPort] = [Number(match?.[2]), match?.[3] === undefined ? undefined : Number(match[3])];
  if (match && hostPort <= 65_535 && (guestPort === undefined || (guestPort >= 1 && guestPort <= 65_535))) {
    return { hostPort, ...(match[1] && { hostAddress: match[1] }), ...(guestPort && { guestPort }) };
  }
  throw new InvalidArgumentError('It must be <host port>:<guest port>, such as 8080:80.');
}

interface AddOptions {
  udp?: boolean;
  adapter: number;
  description?: string;
}

/** `inn forward add|list|remove`. */
export function addForwardCommands(program: Command, context: CliContext): void {
  const group = program.command('forward').description('Ports of the host that lead to machines: add, list, remove');
  addAdd(group, context);
  addList(group, context);
  addRemove(group, context);
}

function addAdd(group: Command, context: CliContext): void {
  group
    .command('add <machine>')
    .argument(
      '<ports>',
      '<host port>:<guest port>, with the address of the host before it if you like; host port 0 is any free one',
      forwardPorts,
    )
    .description(`${summaryOf(contract.network.addForward)}: inn forward add web 8080:80`)
    .option('--udp', 'UDP instead of TCP')
    .option('--adapter <n>', 'which adapter of the machine', wholeNumber(1, 8), 1)
    .option('--description <text>', 'a note for people')
    .action(async (machine: string, ports: ForwardPorts, options: AddOptions, command: Command) => {
      const { udp, adapter, description } = options;
      await withConnection(context, async ({ client }) => {
        const added = await client.network.addForward({
          ...{ machine, ...ports, protocol: udp ? 'udp' : 'tcp', adapter: adapter - 1, description },
        });
        show(context, command, added, () => [addedLine(added, machine)]);
      });
    });
}

function addList(group: Command, context: CliContext): void {
  group
    .command('list')
    .argument('[machine]', 'only those of this machine')
    .description('The port forwards, and which are open')
    .action(async (machine: string | undefined, _options: object, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const machines = await client.machine.list({});
        const only = machine === undefined ? undefined : (await client.machine.get({ machine })).id;
        const all = forwardsOf(await allNetworks(client)).filter(
          ({ forward }) => only === undefined || forward.machineId === only,
        );
        const nameOf = (id: string) => machines.find((each) => each.id === id)?.config.name ?? id;
        const plain = all.map(({ forward, state }) => ({ ...forward, state }));
        show(context, command, plain, () => forwardTable(all, nameOf));
      });
    });
}

function addRemove(group: Command, context: CliContext): void {
  group
    .command('remove <machine>')
    .argument('<ports>', '<host port>:<guest port> as it was added, or the port of the host alone', forwardChoice)
    .option('--udp', 'UDP instead of TCP')
    .description(summaryOf(contract.network.removeForward))
    .action(async (machine: string, wanted: ForwardChoice, { udp }: { udp?: boolean }, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const found = await findForward(client, await client.machine.get({ machine }), wanted, udp ? 'udp' : 'tcp');
        await client.network.removeForward({ id: found.forward.id });
        show(context, command, { id: found.forward.id }, () => [removedLine(found, machine)]);
      });
    });
}

/** @throws InnError `NETWORK_NOT_FOUND` when there is none, `CONFLICT` when several fit */
async function findForward(
  client: InnClient,
  { id, config }: Machine,
  wanted: ForwardChoice,
  protocol: 'tcp' | 'udp',
): Promise<ForwardAndState> {
  const own = forwardsOf(await allNetworks(client)).filter(({ forward }) => forward.machineId === id);
  const fitting = own.filter(({ forward, state }) => {
    const isPort = wanted.hostPort === forward.hostPort || wanted.hostPort === state?.openPort;
    const isGuestPort = wanted.guestPort === undefined || wanted.guestPort === forward.guestPort;
    const isAddress = wanted.hostAddress === undefined || wanted.hostAddress === forward.hostAddress;
    return forward.protocol === protocol && isPort && isGuestPort && isAddress;
  });
  const [found, ...others] = fitting;
  if (found && others.length === 0) return found;
  const [code, what] = found
    ? (['CONFLICT', `${fitting.length} port forwards of '${config.name}' fit.`] as const)
    : (['NETWORK_NOT_FOUND', `'${config.name}' has no such port forward of ${protocol.toUpperCase()}.`] as const);
  const some = (found ? fitting : own).map(({ forward: { hostAddress, hostPort, guestPort, protocol: kind } }) => {
    return `${hostAddress}:${hostPort}:${guestPort}${kind === 'udp' ? ' --udp' : ''}`;
  });
  const hint = some.length === 0 ? 'It has none at all.' : `${found ? 'Say which' : 'It has'}: ${some.join(', ')}`;
  throw new InnError(code, what, { hint, details: { machine: id } });
}
