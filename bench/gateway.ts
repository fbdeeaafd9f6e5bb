import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { NatGateway } from '../src/main/networks/gateway/nat-gateway.ts';
import type { FrameSource, MemberLink, SwitchMember } from '../src/main/networks/switch/port.ts';
import { SerialConsole } from '../tests/support/serial-console.ts';
import { median, milliseconds, type Row, timesMs } from './measure.ts';

const QEMU = '/usr/bin/qemu-system-i386';
const DEMO = path.resolve(import.meta.dirname, '../resources/demo-guest');
const GUEST_MAC = '52:54:00:12:34:56';
const MIB = 1024 ** 2;
const BULK_MIB = 64;
const RUNS = 3;
const REQUESTS = 50;

interface Figures {
  upMiBs: number;
  downMiBs: number;
  requestMs: number;
}

/** TCP between a QEMU guest and the host: through the gateway, and beside it through QEMU's own user network. */
export async function benchGateway(): Promise<Row[]> {
  if (!existsSync(QEMU)) return [{ what: 'TCP of a guest', value: '–', note: 'QEMU is not installed' }];
  const own = await measure(openGateway);
  const slirp = await measure(openUserNetwork);
  const speed = (value: number): string => `${value.toFixed(0)} MiB/s`;
  const beside = (value: string): string => `QEMU's user network: ${value}`;
  return [
    { what: 'TCP guest → host', value: speed(own.upMiBs), note: beside(speed(slirp.upMiBs)) },
    { what: 'TCP host → guest', value: speed(own.downMiBs), note: beside(speed(slirp.downMiBs)) },
    { what: 'request to a guest', value: milliseconds(own.requestMs), note: beside(milliseconds(slirp.requestMs)) },
  ];
}

/** How the guest is connected: QEMU's arguments, and the port of the host that leads to its port 80. */
interface Network extends AsyncDisposable {
  netdev: string;
  forward(): Promise<number>;
}

async function measure(open: (folder: string) => Promise<Network>): Promise<Figures> {
  const folder = await mkdtemp(path.join(tmpdir(), 'inn-gw-'));
  let qemu: ChildProcess | undefined;
  try {
    await using network = await open(folder);
    const serialPath = path.join(folder, 'serial');
    const serial = createServer().listen(serialPath);
    await once(serial, 'listening');
    qemu = startGuest(network.netdev, serialPath);
    const [line] = (await once(serial, 'connection')) as [Socket];
    await using shell = new SerialConsole(line);
    await shell.expect('DEMO READY');
    await shell.run('ip -4 addr show eth0 | grep inet || (udhcpc -i eth0 -n -q)');
    const figures = await takeFigures(shell, await network.forward());
    serial.close();
    return figures;
  } finally {
    qemu?.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
}

function startGuest(netdev: string, serialPath: string): ChildProcess {
  const files = ['-kernel', path.join(DEMO, 'bzImage'), '-initrd', path.join(DEMO, 'initrd.gz')];
  const append = 'console=tty0 console=ttyS0 quiet tsc=reliable mitigations=off nomodeset';
  const network = ['-netdev', netdev, '-device', `virtio-net-pci,netdev=n0,mac=${GUEST_MAC}`];
  const serial = ['-serial', `unix:${serialPath}`];
  const rest = ['-nodefaults', '-no-user-config', '-display', 'none', '-m', '128', '-machine', 'pc,accel=tcg'];
  return spawn(QEMU, [...rest, ...files, '-append', append, ...network, ...serial], { stdio: 'inherit' });
}

async function takeFigures(shell: SerialConsole, port: number): Promise<Figures> {
  const up: number[] = [];
  const down: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    up.push(
      await transfer(shell, (to) => `dd if=/dev/zero bs=64k count=${BULK_MIB * 16} 2>/dev/null | nc 10.0.2.2 ${to}`),
    );
    down.push(await transfer(shell, (to) => `nc 10.0.2.2 ${to} </dev/null >/dev/null`));
  }
  const requests = await timesMs(REQUESTS, () => request(port));
  return { upMiBs: median(up), downMiBs: median(down), requestMs: median(requests) };
}

/** Has the guest connect to the host, which sends much and takes what comes; MiB a second, the slower guest's count. */
async function transfer(shell: SerialConsole, command: (port: number) => string): Promise<number> {
  const isDown = command(0).includes('</dev/null');
  const server = createServer((socket) => {
    if (isDown) socket.end(Buffer.alloc(BULK_MIB * MIB));
    socket.resume().on('error', () => undefined);
  });
  const port = await listen(server);
  const began = performance.now();
  await shell.run(command(port));
  const seconds = (performance.now() - began) / 1000;
  server.close();
  return BULK_MIB / seconds;
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function request(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.0\r\n\r\n');
  let text = '';
  for await (const part of socket) text += part;
  if (!text.includes('200 OK')) throw new Error(`The guest's web server answered '${text}'`);
}

async function openUserNetwork(): Promise<Network> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  return {
    netdev: `user,id=n0,hostfwd=tcp:127.0.0.1:${port}-:80`,
    forward: async () => port,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** The gateway right behind QEMU's frames: what the switch costs is measured elsewhere. */
async function openGateway(folder: string): Promise<Network> {
  const socketPath = path.join(folder, 'net');
  const settings = { id: 'gateway', macAddress: '52:54:00:00:00:01', subnet: '10.0.2.0/24', hasOutside: true };
  const gateway = new NatGateway({ settings });
  const source: FrameSource = { portId: 'bench/0', profile: 'open', macAddress: GUEST_MAC };
  const server = createServer((socket) => joinFrames(socket, gateway, source)).listen(socketPath);
  await once(server, 'listening');
  const target = { macAddress: GUEST_MAC };
  return {
    netdev: `stream,id=n0,server=off,addr.type=unix,addr.path=${socketPath}`,
    forward: () =>
      gateway.addForward({ id: 'web', protocol: 'tcp', hostAddress: '127.0.0.1', hostPort: 0, target, guestPort: 80 }),
    [Symbol.asyncDispose]: async () => {
      gateway.close();
      server.close();
    },
  };
}

/** QEMU's framing: each frame behind its length in four bytes. Frames of one turn leave in one system call. */
function joinFrames(socket: Socket, gateway: NatGateway, source: FrameSource): void {
  let held: Buffer = Buffer.alloc(0);
  let isCorked = false;
  const send = (frame: Uint8Array): void => {
    if (!isCorked) {
      isCorked = true;
      socket.cork();
      setImmediate(() => {
        isCorked = false;
        socket.uncork();
      });
    }
    const bytes = Buffer.allocUnsafe(4 + frame.length);
    bytes.writeUInt32BE(frame.length, 0);
    bytes.set(frame, 4);
    socket.write(bytes);
  };
  const link: MemberLink = { send, detach: () => void socket.destroy() };
  gateway.attach({ attach: (_member: SwitchMember) => link, sources: () => [source] });
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => {
    held = held.length > 0 ? Buffer.concat([held, chunk]) : chunk;
    let at = 0;
    for (; held.length - at >= 4 && held.length - at >= 4 + held.readUInt32BE(at); at += 4 + held.readUInt32BE(at)) {
      gateway.receive(held.subarray(at + 4, at + 4 + held.readUInt32BE(at)), source);
    }
    held = held.subarray(at);
  });
}
