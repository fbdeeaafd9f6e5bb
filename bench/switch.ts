import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { NetworkClient } from '../src/main/networks/network-client.ts';
import { milliseconds, type Row } from './measure.ts';

const PEERS = path.join(import.meta.dirname, 'frame-peers.py');
const SECONDS = 3;
const FULL = 1514;
const SMALL = 64;
/** Frames per write: QEMU writes each by itself. */
const LOTS = [1, 32];

interface Measured {
  frames: number;
  seconds: number;
  roundTripMs: number;
}

/** Frames through the switch between two machines, beside `vde_switch` in the same hands; and what it adds to the way. */
export async function benchSwitch(): Promise<Row[]> {
  if (!isInstalled('python3', '--version')) {
    return [{ what: 'switch', value: '–', note: 'needs python3, which is not installed' }];
  }
  const rows: Row[] = [];
  const vde = isInstalled('vde_switch', '--version');
  for (const size of [FULL, SMALL]) {
    for (const lot of LOTS) rows.push(rowOf(`own switch, ${lot} per write`, size, await measureOwn(size, lot)));
    if (vde) rows.push(rowOf('vde_switch', size, await measureVde(size)));
  }
  if (!vde) rows.push({ what: 'vde_switch', value: '–', note: 'not installed (Debian: vde2)' });
  return rows;
}

function rowOf(what: string, size: number, { frames, seconds, roundTripMs }: Measured): Row {
  const rate = frames / seconds;
  const gigabits = (rate * size * 8) / 1e9;
  return {
    what: `${what}, frames of ${size} bytes`,
    value: `${Math.round(rate / 1000)}k frames/s`,
    note: `${gigabits.toFixed(2)} Gbit/s; there and back ${milliseconds(roundTripMs)}`,
  };
}

async function measureOwn(size: number, lot: number): Promise<Measured> {
  const folder = await mkdtemp(path.join(tmpdir(), 'inn-'));
  const spec = { format: 1, networkId: 'bench', name: 'bench', isolatesPorts: false, mtu: 1500, seed: 1 } as const;
  const options = { runtimeFolder: path.join(folder, 'net'), logFile: path.join(folder, 'log') };
  const client = await NetworkClient.start({ ...spec, lingerMs: 60_000, gateway: null, uplink: null }, options);
  const sockets = ['a', 'b'].map((name) => path.join(folder, name));
  try {
    return await runPeers(['stream', ...sockets], size, lot, async () => {
      for (const [index, socket] of sockets.entries()) {
        const settings = { ...PORT, macAddress: `52:54:00:00:00:0${index + 1}` };
        await client.addPort({ id: socket, path: socket, settings });
      }
      while (!(await client.ports()).every(({ isUp }) => isUp));
    });
  } finally {
    await client.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const PORT = {
  isCableConnected: true,
  profile: 'standard',
  promiscuous: 'deny',
  limitInBitsPerSecond: null,
  limitOutBitsPerSecond: null,
  conditions: null,
} as const;

async function measureVde(size: number): Promise<Measured> {
  const folder = await mkdtemp(path.join(tmpdir(), 'inn-'));
  const sockets = path.join(folder, 'vde');
  const vde = spawn('vde_switch', ['--sock', sockets, '--pidfile', path.join(folder, 'pid')], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  try {
    while (!existsSync(path.join(sockets, 'ctl'))) await setTimeout(10);
    return await runPeers(['vde', sockets, folder], size, 1, async () => {});
  } finally {
    vde.kill();
    await once(vde, 'exit');
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param whenListening called before the peers begin */
async function runPeers(
  args: string[],
  size: number,
  lot: number,
  whenListening: () => Promise<void>,
): Promise<Measured> {
  const peers: ChildProcess = spawn('python3', [PEERS, ...args, String(size), String(SECONDS), String(lot)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (!peers.stdin || !peers.stdout) throw new Error('the peers have no pipes');
  const lines = createInterface(peers.stdout)[Symbol.asyncIterator]();
  try {
    await lines.next();
    await whenListening();
    peers.stdin.write('go\ngo\n');
    const { value } = await lines.next();
    return JSON.parse(value ?? 'null');
  } finally {
    peers.kill();
  }
}

function isInstalled(program: string, argument: string): boolean {
  try {
    execFileSync(program, [argument], { stdio: 'ignore' });
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ENOENT');
  }
}
