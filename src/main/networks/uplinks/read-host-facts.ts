import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import path from 'node:path';
import type { EngineInfo } from '../../../shared/model/engine.ts';
import { InterfaceName } from '../../../shared/model/uplink.ts';
import { findProgram } from '../../processes/find-program.ts';
import { runProgram } from '../../processes/run-program.ts';
import { type BridgeRule, readBridgeRules } from './bridge-access.ts';
import type { BridgeHelper, HostFacts, TapFacts } from './host-facts.ts';

const INTERFACES = '/sys/class/net';
const TUN_DEVICE = '/dev/net/tun';
const HELPER = 'qemu-bridge-helper';
/** Where distributions put it; a wrapper with rights of its own comes first (NixOS). */
const HELPER_FOLDERS = [
  '/run/wrappers/bin',
  '/usr/lib/qemu',
  '/usr/libexec',
  '/usr/libexec/qemu',
  '/usr/lib',
  '/usr/local/libexec',
  '/usr/local/lib/qemu',
];
/** A QEMU that was built here by hand looks below its own prefix. */
const LIST_FILES = { usual: '/etc/qemu/bridge.conf', local: '/usr/local/etc/qemu/bridge.conf' };
/** capabilities(7): bit of CAP_NET_ADMIN. */
const CAP_NET_ADMIN = 12n;
const SETUID = 0o4000;
const IFF_UP = 1;
const GETCAP_TIMEOUT_MS = 2000;
const CARRIER_VERSION = [7, 2] as const;

/** Looks at this computer. Never throws: what cannot be read is not there. */
export async function readHostFacts(qemu: EngineInfo | undefined): Promise<HostFacts> {
  const platform = process.platform;
  const status = platform === 'linux' ? (read('/proc/self/status') ?? '') : '';
  const names = platform === 'linux' ? interfaces() : [];
  return {
    platform,
    user: { name: userName(), id: process.geteuid?.() ?? -1, groups: groups() },
    isNetworkAdmin: ((BigInt(`0x${fieldOf(status, 'CapEff') ?? '0'}`) >> CAP_NET_ADMIN) & 1n) === 1n,
    hasNoNewPrivileges: fieldOf(status, 'NoNewPrivs') === '1',
    qemu: carrierOf(qemu),
    tunDevice: tunDevice(),
    helper: await findHelper(),
    bridges: names.filter((name) => existsSync(path.join(INTERFACES, name, 'bridge'))),
    taps: names.flatMap((name) => readTap(name) ?? []),
  };
}

function carrierOf(qemu: EngineInfo | undefined): HostFacts['qemu'] {
  if (!qemu?.version) return null;
  const [major = 0, minor = 0] = qemu.version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = CARRIER_VERSION;
  const canCarry = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  return { canCarry, version: qemu.version };
}

/** Path of QEMU's bridge helper; undefined when it is in none of the usual places. */
export function findBridgeHelper(): string | undefined {
  return HELPER_FOLDERS.map((folder) => path.join(folder, HELPER)).find((file) => isThere(file, constants.X_OK));
}

async function findHelper(): Promise<BridgeHelper | null> {
  const file = findBridgeHelper();
  if (file === undefined) return null;
  const listFile = file.startsWith('/usr/local/') ? LIST_FILES.local : LIST_FILES.usual;
  return { path: file, hasRights: await hasRights(file), listFile, rules: rulesOf(listFile) };
}

async function hasRights(file: string): Promise<boolean> {
  const { mode, uid } = statSync(file);
  if (uid === 0 && (mode & SETUID) !== 0) return true;
  const getcap = findProgram(['getcap'], process.env);
  if (getcap === undefined) return false;
  const { stdout } = await runProgram(getcap, [file], { timeoutMs: GETCAP_TIMEOUT_MS });
  return stdout.includes('cap_net_admin');
}

function rulesOf(listFile: string): BridgeRule[] | undefined | null {
  return existsSync(listFile) ? readBridgeRules(listFile, read) : null;
}

function tunDevice(): HostFacts['tunDevice'] {
  if (!existsSync(TUN_DEVICE)) return 'missing';
  return isThere(TUN_DEVICE, constants.R_OK | constants.W_OK) ? 'open' : 'closed';
}

function readTap(name: string): TapFacts | undefined {
  const of = (file: string): string | undefined => read(path.join(INTERFACES, name, file))?.trim();
  const flags = Number(of('tun_flags') ?? Number.NaN);
  if (Number.isNaN(flags) || (flags & IFF_TAP) === 0 || (flags & IFF_PERSIST) === 0) return undefined;
  const id = (text: string | undefined): number | null => (text === undefined || text === '-1' ? null : Number(text));
  return {
    ...{ name, flags, owner: id(of('owner')), group: id(of('group')) },
    isUp: (Number(of('flags') ?? 0) & IFF_UP) !== 0,
  };
}

/** linux/if_tun.h. */
const IFF_TAP = 0x0002;
const IFF_PERSIST = 0x0800;

function interfaces(): string[] {
  try {
    return readdirSync(INTERFACES).filter((name) => InterfaceName.safeParse(name).success);
  } catch {
    return []; // no sysfs: nothing is found
  }
}

/** Some containers have no entry for their user, and then no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.geteuid?.() ?? '');
  }
}

const groups = (): number[] => [process.getegid?.() ?? -1, ...(process.getgroups?.() ?? [])];

function fieldOf(status: string, name: string): string | undefined {
  return new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1];
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // the caller knows what that means
  }
}

function isThere(file: string, access: number): boolean {
  try {
    accessSync(file, access);
    return true;
  } catch {
    return false;
  }
}
