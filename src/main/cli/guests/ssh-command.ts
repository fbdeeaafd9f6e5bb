import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import type { Command } from 'commander';
import { InnError } from '../../../shared/errors.ts';
import { toHostname } from '../../../shared/host-name.ts';
import type { Machine } from '../../../shared/model/machine.ts';
import type { InnClient } from '../../api/client-link.ts';
import { wholeNumber } from '../command-parts/arguments.ts';
import { type CliContext, withConnection } from '../command-parts/context.ts';
import { GuestExit } from './guest-exit.ts';
import { closeGuestPort, type GuestPort, openGuestPort } from './guest-port.ts';

const SSH_PORT = 22;
/** A server that speaks SSH says so at once (RFC 4253, 4.2); emulated guests take their time, and some must wake first. */
const GREETING_MS = 15_000;
const WAKING_MS = 75_000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** `inn ssh [user@]<machine> [arguments of ssh]`: by a port forward; one that is made for it is removed after. */
export function addSshCommand(program: Command, context: CliContext): void {
  program
    .command('ssh')
    .argument('<machine>', 'its name, with the user before it if you like: root@web')
    .argument('[arguments...]', 'options of ssh, or a command for the guest: inn ssh web uptime')
    .option('--port <n>', 'where the guest serves SSH', wholeNumber(1, 65_535), SSH_PORT)
    .description("The system's ssh to a machine whose guest serves it")
    .passThroughOptions()
    .action(async (target: string, args: string[], { port }: { port: number }) => {
      const code = await openSsh(context, target, port, args[0] === '--' ? args.slice(1) : args);
      if (code !== 0) throw new GuestExit(code);
    });
}

async function openSsh(context: CliContext, target: string, guestPort: number, args: string[]): Promise<number> {
  const at = target.lastIndexOf('@');
  const user = at === -1 ? [] : ['-l', target.slice(0, at)];
  const signals = new HeldSignals();
  try {
    // The core is let go of before ssh runs: other commands may need the data folder.
    const way = await withConnection(context, ({ client }) =>
      openWay(client, target.slice(at + 1), guestPort, signals),
    );
    const { hostAddress, hostPort } = way.place;
    const alias = ['-o', `HostKeyAlias=${way.alias}`, '-o', 'CheckHostIP=no'];
    try {
      return await runSsh(['-p', String(hostPort), ...alias, ...user, hostAddress, ...args], context.env, signals);
    } finally {
      if (way.place.temporaryId) await withConnection(context, ({ client }) => closeGuestPort(client, way.place));
    }
  } finally {
    signals.release();
  }
}

/** A way to the guest's SSH, at whose end somebody greets; else none is left behind. */
async function openWay(client: InnClient, ref: string, guestPort: number, signals: HeldSignals) {
  const machine = await client.machine.get({ machine: ref });
  const place = await openGuestPort(client, machine, guestPort);
  try {
    await assertServed(client, machine, guestPort, place, signals);
  } catch (error) {
    await closeGuestPort(client, place);
    throw error;
  }
  return { place, alias: `${toHostname(machine.config.name)}.inn` };
}

/** While it is there, signals do not end this program: what it has opened is to be closed first. */
class HeldSignals {
  #listener: (signal: NodeJS.Signals) => void = () => undefined;
  readonly #hear = (signal: NodeJS.Signals): void => this.#listener(signal);

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#hear);
  }

  /** Tells of each signal from now on; whoever was told before no longer is. */
  tell(listener: (signal: NodeJS.Signals) => void): void {
    this.#listener = listener;
  }

  release(): void {
    for (const signal of SIGNALS) process.off(signal, this.#hear);
  }
}

type Greeting = 'served' | 'silent' | 'other' | 'refused' | 'interrupted';

/** @throws InnError `NOT_SUPPORTED` when nobody greets there as SSH servers do, `CANCELLED` at Ctrl+C */
async function assertServed(
  client: InnClient,
  machine: Machine,
  guestPort: number,
  place: GuestPort,
  signals: HeldSignals,
): Promise<void> {
  const greeting = await greetingOf(place, machine.reason === 'idle' ? WAKING_MS : GREETING_MS, signals);
  if (greeting === 'served') return;
  const { name } = machine.config;
  if (greeting === 'interrupted') throw new InnError('CANCELLED', `The connection to '${name}' was cancelled.`);
  const { state } = await client.machine.get({ machine: machine.id });
  const why = {
    refused: `The guest of '${name}' takes no connections on port ${guestPort} (machine state: ${state}).`,
    silent: `The guest of '${name}' serves no SSH on port ${guestPort}: it took the connection and said nothing.`,
    other: `The guest of '${name}' serves no SSH on port ${guestPort}, but something else.`,
  };
  throw new InnError('NOT_SUPPORTED', why[greeting], {
    hint: 'Install and start an SSH server in the guest, let the profile of its adapter allow it, or use `inn console` or `inn exec`.',
    details: { machine: machine.id, guestPort },
  });
}

async function greetingOf(
  { hostAddress, hostPort }: GuestPort,
  timeoutMs: number,
  signals: HeldSignals,
): Promise<Greeting> {
  const { promise, resolve } = Promise.withResolvers<Greeting>();
  const socket = connect({ host: hostAddress, port: hostPort });
  socket.setTimeout(timeoutMs, () => resolve('silent'));
  socket.once('data', (chunk) => resolve(chunk.toString('latin1').startsWith('SSH-') ? 'served' : 'other'));
  for (const end of ['error', 'close'] as const) socket.once(end, () => resolve('refused'));
  signals.tell(() => resolve('interrupted'));
  return promise.finally(() => socket.destroy());
}

/** @returns its exit code; 128 and the signal when one ended it, as shells have it */
async function runSsh(args: string[], env: NodeJS.ProcessEnv, signals: HeldSignals): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const child = spawn('ssh', args, { stdio: 'inherit', env });
  child.once('error', (cause) => {
    const hint = 'Install the OpenSSH client, or see to it that `ssh` is in the PATH.';
    reject(new InnError('FILE_NOT_FOUND', "The system's ssh could not be started.", { hint, cause }));
  });
  child.once('exit', (code, signal) => resolve(code ?? 128 + ((signal && SIGNAL_NUMBERS[signal]) ?? 0)));
  // Ctrl+C reaches ssh by itself, being typed at its terminal.
  signals.tell((signal) => signal !== 'SIGINT' && child.kill(signal));
  return promise;
}
