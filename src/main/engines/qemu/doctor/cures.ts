import { readFile } from 'node:fs/promises';

/** What a user can be told to install. */
export type Installable = 'qemu' | 'qemu-img' | 'ovmf' | 'swtpm';

/** How this computer installs programs. */
export type PackageManager = 'apt' | 'dnf' | 'pacman' | 'zypper' | 'apk' | 'brew' | 'winget' | 'unknown';

const COMMANDS: Record<PackageManager, string> = {
  apt: 'sudo apt install',
  dnf: 'sudo dnf install',
  pacman: 'sudo pacman -S',
  zypper: 'sudo zypper install',
  apk: 'sudo apk add',
  brew: 'brew install',
  winget: 'winget install',
  unknown: '',
};

/** Names of the packages; null where the system has none. */
const PACKAGES: Record<Exclude<PackageManager, 'unknown'>, Record<Installable, string | null>> = {
  apt: { qemu: 'qemu-system-x86', 'qemu-img': 'qemu-utils', ovmf: 'ovmf', swtpm: 'swtpm swtpm-tools' },
  dnf: { qemu: 'qemu-system-x86-core', 'qemu-img': 'qemu-img', ovmf: 'edk2-ovmf', swtpm: 'swtpm swtpm-tools' },
  pacman: { qemu: 'qemu-system-x86', 'qemu-img': 'qemu-img', ovmf: 'edk2-ovmf', swtpm: 'swtpm' },
  zypper: { qemu: 'qemu-x86', 'qemu-img': 'qemu-tools', ovmf: 'qemu-ovmf-x86_64', swtpm: 'swtpm' },
  apk: { qemu: 'qemu-system-x86_64', 'qemu-img': 'qemu-img', ovmf: 'ovmf', swtpm: 'swtpm' },
  brew: { qemu: 'qemu', 'qemu-img': 'qemu', ovmf: 'qemu', swtpm: 'swtpm' },
  winget: {
    qemu: 'SoftwareFreedomConservancy.QEMU',
    'qemu-img': 'SoftwareFreedomConservancy.QEMU',
    ovmf: null,
    swtpm: null,
  },
};

const NAMES: Record<Installable, string> = {
  qemu: 'QEMU',
  'qemu-img': 'qemu-img',
  ovmf: 'the UEFI firmware OVMF',
  swtpm: 'swtpm',
};

/** One sentence on how to get it here. */
export function installCure(what: Installable, manager: PackageManager): string {
  const names = manager === 'unknown' ? null : PACKAGES[manager][what];
  if (names === null) return `Install ${NAMES[what]} with the means of your system.`;
  return `Install ${NAMES[what]}: ${COMMANDS[manager]} ${names}`;
}

/** By the words of os-release(5), `ID` first. */
const MANAGERS: readonly [RegExp, PackageManager][] = [
  [/\b(debian|ubuntu)\b/, 'apt'],
  [/\b(fedora|rhel|centos)\b/, 'dnf'],
  [/\barch\b/, 'pacman'],
  [/\b(opensuse|suse|sles)\S*/, 'zypper'],
  [/\balpine\b/, 'apk'],
];

export function packageManagerOf(osRelease: string): PackageManager {
  const ids = [/^ID=(.*)$/m, /^ID_LIKE=(.*)$/m].map((line) => line.exec(osRelease)?.[1] ?? '').join(' ');
  return MANAGERS.find(([pattern]) => pattern.test(ids))?.[1] ?? 'unknown';
}

/** How programs are installed on this computer. Never rejects. */
export async function findPackageManager(platform: NodeJS.Platform = process.platform): Promise<PackageManager> {
  if (platform === 'darwin') return 'brew';
  if (platform === 'win32') return 'winget';
  return packageManagerOf(await readFile('/etc/os-release', 'utf8').catch(() => ''));
}
