import { type Command, InvalidArgumentError } from 'commander';
import { contract } from '../../shared/contract.ts';
import type { InnClient } from '../api/client-link.ts';
import { wholeNumber } from './arguments.ts';
import { type CliContext, show, withConnection } from './context.ts';
import { allNetworks } from './network-commands.ts';
import { forwardTable } from './network-lines.ts';
import { summaryOf } from './summary.ts';

export interface ForwardPorts {
  hostAddress: string;
  hostPort: number;
  guestPort: number;
}

/** Reads `8080:80`, or `0.0.0.0:8080:80` with the address of the host before it; port 0 is any free one. */
export function forwardPorts(text: string): ForwardPorts {
  const match = /^(?:(\d+\.\d+\.\d+\.\d+):)?(\d{1,5}):(\d{1,5})$/.exec(text);
  const [hostPort, guestPort] = [Number(match?.[2]), Number(match?.[3])];
  if (match && hostPort <= 65_535 && guestPort >= 1 && guestPort <= 65_535) {
    return { hostAddress: match[1] ?? '127.0.0.1', hostPort, guestPort };
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
  group
    .command('add <machine>')
    .argument('<ports>', '<host port>:<guest port>, with the address of the host before it if you like', forwardPorts)
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
        const { forward, state } = added;
        const place = `${forward.hostAddress}:${state.openPort ?? forward.hostPort}`;
        const when = state.openPort === null ? `opens when '${machine}' is on` : 'is open';
        show(context, command, added, () => [
          state.failure ?? `${place} leads to port ${forward.guestPort} of '${machine}', and ${when}.`,
        ]);
      });
    });
  addList(group, context);
  addRemove(group, context);
}

function addList(group: Command, context: CliContext): void {
  group
    .command('list')
    .argument('[machine]', 'only those of this machine')
    .description('The port forwards, and which are open')
    .action(async (machine: string | undefined, _options: object, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const networks = await allNetworks(client);
        const machines = await client.machine.list({});
        const only = machine === undefined ? undefined : (await client.machine.get({ machine })).id;
        const shown = networks.map((each) => {
          const forwards = each.network.forwards.filter(({ machineId }) => only === undefined || machineId === only);
          return { ...each, network: { ...each.network, forwards } };
        });
        const nameOf = (id: string) => machines.find((each) => each.id === id)?.config.name ?? id;
        const plain = shown.flatMap(({ network, forwards }) =>
          network.forwards.map((forward) => ({ ...forward, state: forwards.find(({ id }) => id === forward.id) })),
        );
        show(context, command, plain, () => forwardTable(shown, nameOf));
      });
    });
}

function addRemove(group: Command, context: CliContext): void {
  group
    .command('remove <machine>')
    .argument('<ports>', '<host port>:<guest port>, as it was added', forwardPorts)
    .option('--udp', 'UDP instead of TCP')
    .description(summaryOf(contract.network.removeForward))
    .action(async (machine: string, ports: ForwardPorts, { udp }: { udp?: boolean }, command: Command) => {
      await withConnection(context, async ({ client }) => {
        const found = await findForward(client, machine, ports, udp ? 'udp' : 'tcp');
        if (!found) throw new InvalidArgumentError(`'${machine}' has no such port forward.`);
        await client.network.removeForward({ id: found.id });
        show(context, command, { id: found.id }, () => [`Removed the forward to port ${found.guestPort}.`]);
      });
    });
}

async function findForward(client: InnClient, machine: string, ports: ForwardPorts, protocol: 'tcp' | 'udp') {
  const { id } = await client.machine.get({ machine });
  const all = (await client.network.list({})).flatMap(({ forwards }) => forwards);
  return all.find(
    (each) =>
      each.machineId === id &&
      each.protocol === protocol &&
      each.hostPort === ports.hostPort &&
      each.guestPort === ports.guestPort,
  );
}
