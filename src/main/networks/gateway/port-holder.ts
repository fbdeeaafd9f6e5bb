import { readdir, readFile, readlink } from 'node:fs/promises';
import path from 'node:path';

export interface PortHolder {
  pid: number;
  /** The program's name as the system shows it. */
  program: string;
}

/** State "listening" of TCP in /proc/net/tcp (proc(5)). */
const LISTENING = '0A';

/**
 * Which process holds a port on this computer, as far as this user may know: on Linux from the tables of proc(5), elsewhere
 * and for processes of other users undefined. Never throws.
 */
export async function findPortHolder(protocol: 'tcp' | 'udp', port: number): Promise<PortHolder | undefined> {
  try {
    const inodes = await socketInodes(protocol, port);
    return inodes.size === 0 ? undefined : await findOwner(inodes);
  } catch {
    // No /proc here: who holds the port stays unknown.
    return undefined;
  }
}

async function socketInodes(protocol: 'tcp' | 'udp', port: number): Promise<Set<string>> {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of [protocol, `${protocol}6`]) {
    const text = await readFile(path.join('/proc/net', table), 'utf8').catch(() => '');
    for (const line of text.split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      if (local.endsWith(`:${hexPort}`) && inode && (protocol === 'udp' || state === LISTENING)) inodes.add(inode);
    }
  }
  return inodes;
}

async function findOwner(inodes: ReadonlySet<string>): Promise<PortHolder | undefined> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const folder = path.join('/proc', pid, 'fd');
    // Processes of other users, and those that end meanwhile, show nothing.
    const descriptors = await readdir(folder).catch(() => []);
    for (const descriptor of descriptors) {
      const target = await readlink(path.join(folder, descriptor)).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode && inodes.has(inode)) return { pid: Number(pid), program: await programName(pid) };
    }
  }
  return undefined;
}

/** The kernel keeps 15 characters of a program's name; its command line has the rest (proc(5)). */
async function programName(pid: string): Promise<string> {
  const read = (file: string): Promise<string> => readFile(path.join('/proc', pid, file), 'utf8').catch(() => '');
  const [short, line] = [(await read('comm')).trim(), await read('cmdline')];
  const whole = path.basename(line.split('\0')[0] ?? '').trim();
  return (whole.startsWith(short) ? whole : short) || 'unknown';
}
