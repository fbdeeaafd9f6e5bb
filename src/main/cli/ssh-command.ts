import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import type { Command } from 'commander';
import { InnError } from '../../shared/errors.ts';
import type { InnClient } from '../api/client-link.ts';
import { type CliContext, withConnection } from './context.ts';
import { GuestExit } from './guest-exit.ts';

const SSH_PORT = 22;
/** A server that speaks SSH says so at once (RFC 4253, 4.2); emulated guests take their time. */
const GREETING_MS = 15_000;

/** `inn ssh <machine> [arguments of ssh]`: by a port forward, which is made when there is none. */
export function addSshCommand(program: Command, context: CliContext): void {
  program
    .command('ssh <machine> [arguments...]')
    .description("The system's ssh to a machine whose guest serves it; user@machine, and arguments behind --")
    .action(async (target: string, args: string[]) => {
      const at = target.lastIndexOf('@');
      const [user, machine] = at === -1 ? [[], target] : [['-l', target.slice(0, at)], target.slice(at + 1)];
      const port = await withConnection(context, ({ client }) => portTo(client, machine));
      await assertServed(machine, port);
      const alias = ['-o', `HostKeyAlias=${machine}.inn`, '-o', 'CheckHostIP=no'];
      const code = await run(['-p', String(port), ...alias, ...user, '127.0.0.1', ...args]);
      if (code !== 0) throw new GuestExit(code);
    });
}

/** The host's port that leads to the guest's SSH. @throws InnError as `network.addForward`; `INVALID_STATE` when it is off */
async function portTo(client: InnClient, ref: string): Promise<number> {
  const machine = await client.machine.get({ machine: ref });
  const networks = await client.network.list({});
  for (const network of networks) {
    const known = network.forwards.find(
      ({ machineId, guestPort, protocol }) => machineId === machine.id && guestPort === SSH_PORT && protocol === 'tcp',
    );
    if (!known) continue;
    const { forwards } = await client.network.get({ network: network.id });
    const port = forwards.find(({ id }) => id === known.id)?.openPort;
    if (port) return port;
  }
  const input = { protocol: 'tcp', hostPort: 0, guestPort: SSH_PORT, description: 'inn ssh' } as const;
  if (machine.pid !== null) {
    const { state } = await client.network.addForward({ machine: machine.id, ...input });
    if (state.openPort !== null) return state.openPort;
  }
  throw new InnError(
    'INVALID_STATE',
    `No port leads to '${machine.config.name}' now (machine state: ${machine.state}).`,
    {
      hint: 'Start it first.',
    },
  );
}

/** @throws InnError `NOT_SUPPORTED` when nobody greets there */
async function assertServed(machine: string, port: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host: '127.0.0.1', port });
  socket.setTimeout(GREETING_MS, () => resolve(false));
  socket.once('data', (chunk) => resolve(chunk.toString('latin1').startsWith('SSH-')));
  for (const end of ['error', 'close'] as const) socket.once(end, () => resolve(false));
  const isServed = await promise;
  socket.destroy();
  if (isServed) return;
  throw new InnError('NOT_SUPPORTED', `The guest of '${machine}' serves no SSH on port ${SSH_PORT}.`, {
    hint: 'Install and start an SSH server in the guest, or use `inn console` or `inn exec`.',
  });
}

async function run(args: string[]): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const child = spawn('ssh', args, { stdio: 'inherit' });
  child.once('error', (cause) => {
    const hint = 'Install the OpenSSH client.';
    reject(new InnError('FILE_NOT_FOUND', "The system's ssh could not be started.", { hint, cause }));
  });
  child.once('exit', (code) => resolve(code ?? 255));
  return promise;
}
