import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import type { IsolationProfile } from '../../../src/shared/model/network.ts';
import type { Cable, TestLan } from './test-lan.ts';

const QEMU = 'qemu-system-x86_64';
const DONE = 'said-and-done';
const SETTLED_TRIES = 100;

/** Whether this computer lets an ordinary user have a network of its own with a TAP device in it. */
export function canHaveLinuxGuest(): boolean {
  try {
    const script = 'ip tuntap add dev probe0 mode tap && cat /proc/net/if_inet6 > /dev/null';
    execFileSync('unshare', ['-rn', 'sh', '-c', script], { stdio: 'ignore', timeout: 20_000 });
    execFileSync(QEMU, ['--version'], { stdio: 'ignore', timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}

/**
 * The network stack of this computer's own Linux as a guest: a TAP device in a network namespace that has nothing else, and
 * QEMU, without any machine, to carry its frames over a socket.
 */
export class LinuxGuest implements AsyncDisposable {
  readonly #server: Server;
  readonly #shell: ChildProcess;
  readonly #cable: Cable;
  #peer: Socket | undefined;
  #printed = '';
  #wake = (): void => undefined;

  private constructor(server: Server, lan: TestLan, portId: string, macAddress: string, profile: IsolationProfile) {
    this.#server = server;
    this.#cable = lan.plug(portId, macAddress, profile, (frame) => this.#toGuest(frame));
    this.#shell = spawn('unshare', ['-rn', 'bash'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#shell.stdout?.on('data', (text) => {
      this.#printed += text;
      this.#wake();
    });
  }

  /** Brings the device up; its addresses are the kernel's own affair. */
  static async start(
    folder: string,
    lan: TestLan,
    portId: string,
    macAddress: string,
    profile: IsolationProfile,
  ): Promise<LinuxGuest> {
    const socketPath = path.join(folder, 'tap');
    const server = createServer().listen(socketPath);
    await once(server, 'listening');
    const guest = new LinuxGuest(server, lan, portId, macAddress, profile);
    const connected = once(server, 'connection');
    const hub = '-netdev hubport,id=a,hubid=0,netdev=t -netdev hubport,id=b,hubid=0,netdev=s';
    const tap = '-netdev tap,id=t,ifname=tap0,script=no,downscript=no';
    const stream = `-netdev stream,id=s,server=off,addr.type=unix,addr.path=${socketPath}`;
    await guest.run("trap 'kill $(jobs -p)' EXIT"); // also when the test is cut off
    await guest.run(`ip link set lo up && ip tuntap add dev tap0 mode tap && ip link set tap0 address ${macAddress}`);
    await guest.run(`${QEMU} -machine none -nodefaults -display none ${tap} ${stream} ${hub} </dev/null &`);
    guest.#join((await connected)[0] as Socket);
    await guest.run('ip link set tap0 up');
    return guest;
  }

  /** Runs a command in the guest's network; gives what it prints. @throws when it fails */
  async run(command: string): Promise<string> {
    this.#printed = '';
    this.#shell.stdin?.write(`{ ${command}\n} 2>&1; echo ${DONE} $?\n`);
    const end = new RegExp(`${DONE} (\\d+)\\n`);
    while (!end.test(this.#printed)) await this.#more();
    const printed = this.#printed.replace(end, '');
    if (end.exec(this.#printed)?.[1] !== '0') throw new Error(`'${command}' failed: ${printed}`);
    return printed;
  }

  /** Waits until a command prints something that fits; looks again after each pause of the guest's own. */
  async until(command: string, pattern: RegExp): Promise<string> {
    for (let tries = 0; ; tries += 1) {
      const printed = await this.run(command);
      if (pattern.test(printed)) return printed;
      if (tries === SETTLED_TRIES) throw new Error(`'${command}' still prints: ${printed}`);
      await this.run('sleep 0.2');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#shell, 'exit');
    this.#shell.stdin?.end('exit\n');
    await gone;
    this.#peer?.destroy();
    this.#server.close();
  }

  async #more(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const onExit = (): void => reject(new Error(`The shell has ended: ${this.#printed}`));
    this.#shell.once('exit', onExit);
    await promise.finally(() => this.#shell.off('exit', onExit));
  }

  #toGuest(frame: Uint8Array): void {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(frame.length);
    this.#peer?.write(Buffer.concat([head, frame]));
  }

  #join(peer: Socket): void {
    this.#peer = peer;
    let held = Buffer.alloc(0);
    peer.on('error', () => undefined);
    peer.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      for (let end = endOf(held); end <= held.length; end = endOf(held)) {
        this.#cable.send(held.subarray(4, end));
        held = held.subarray(end);
      }
    });
  }
}

/** Where the first frame ends, behind its length in four bytes. */
const endOf = (held: Buffer): number => (held.length < 4 ? Number.POSITIVE_INFINITY : 4 + held.readUInt32BE(0));
