import type { Motherboard } from './model/hardware.ts';

/** Recommended hardware for a guest operating system; a new machine starts with it and keeps it when the type changes. */
export interface OsType {
  id: string;
  label: string;
  family: 'linux' | 'windows' | 'bsd' | 'other';
  architecture: 'i686' | 'x86_64';
  memoryMiB: number;
  processors: number;
  /** 0: no hard disk is proposed. */
  diskGiB: number;
  videoMemoryMiB: number;
  /** What its installer asks for; a new machine has it where an engine can give it. */
  motherboard?: Partial<Motherboard>;
}

const os = (
  id: string,
  label: string,
  family: OsType['family'],
  architecture: OsType['architecture'],
  memoryMiB: number,
  processors: number,
  diskGiB: number,
  videoMemoryMiB: number,
): OsType => ({ id, label, family, architecture, memoryMiB, processors, diskGiB, videoMemoryMiB });

/** Presets after the makers' stated needs and the field's custom (field guide §2.6, "OS-type defaults"). */
export const OS_TYPES: readonly OsType[] = [
  os('demo', 'Innkeeper demo guest', 'linux', 'i686', 128, 1, 0, 8),
  os('linux-32', 'Linux (32-bit)', 'linux', 'i686', 512, 1, 8, 8),
  os('linux-64', 'Linux (64-bit)', 'linux', 'x86_64', 2048, 2, 20, 16),
  os('debian-32', 'Debian (32-bit)', 'linux', 'i686', 512, 1, 10, 8),
  os('debian-64', 'Debian (64-bit)', 'linux', 'x86_64', 2048, 2, 20, 16),
  os('ubuntu-64', 'Ubuntu (64-bit)', 'linux', 'x86_64', 4096, 2, 25, 16),
  os('fedora-64', 'Fedora (64-bit)', 'linux', 'x86_64', 4096, 2, 25, 16),
  os('alpine-32', 'Alpine Linux (32-bit)', 'linux', 'i686', 256, 1, 4, 8),
  os('alpine-64', 'Alpine Linux (64-bit)', 'linux', 'x86_64', 512, 1, 8, 16),
  os('tinycore-32', 'Tiny Core Linux (32-bit)', 'linux', 'i686', 256, 1, 2, 8),
  os('windows-98', 'Windows 95 / 98', 'windows', 'i686', 128, 1, 4, 8),
  os('windows-2000', 'Windows 2000', 'windows', 'i686', 256, 1, 8, 8),
  os('windows-xp-32', 'Windows XP (32-bit)', 'windows', 'i686', 512, 1, 10, 16),
  os('windows-10-64', 'Windows 10 (64-bit)', 'windows', 'x86_64', 4096, 2, 50, 128),
  {
    ...os('windows-11-64', 'Windows 11 (64-bit)', 'windows', 'x86_64', 4096, 2, 80, 128),
    motherboard: { chipset: 'q35', firmware: 'uefi', isSecureBoot: true, hasTpm: true },
  },
  os('freebsd-32', 'FreeBSD (32-bit)', 'bsd', 'i686', 512, 1, 10, 8),
  os('freebsd-64', 'FreeBSD (64-bit)', 'bsd', 'x86_64', 1024, 1, 16, 16),
  os('freedos', 'FreeDOS / MS-DOS', 'other', 'i686', 32, 1, 1, 4),
  os('haiku-32', 'Haiku (32-bit)', 'other', 'i686', 512, 1, 8, 16),
  os('other-32', 'Other (32-bit)', 'other', 'i686', 128, 1, 2, 8),
  os('other-64', 'Other (64-bit)', 'other', 'x86_64', 512, 1, 8, 16),
];

const OTHER = os('other-32', 'Other (32-bit)', 'other', 'i686', 128, 1, 2, 8);

/** The preset with this id; an unknown id (from a newer program) is treated as "Other". */
export function osTypeOf(id: string): OsType {
  return OS_TYPES.find((type) => type.id === id) ?? { ...OTHER, label: id };
}

/** Guesses the preset from a machine's name or an ISO's file name, or undefined. */
export function guessOsType(text: string): OsType | undefined {
  const rules: [RegExp, string][] = [
    [/innkeeper|demo/i, 'demo'],
    [/debian.*(i386|32|686)/i, 'debian-32'],
    [/debian/i, 'debian-64'],
    [/ubuntu|mint/i, 'ubuntu-64'],
    [/fedora|centos|rhel|rocky|alma/i, 'fedora-64'],
    [/alpine.*(x86(?!_64)|32)/i, 'alpine-32'],
    [/alpine/i, 'alpine-64'],
    [/tiny ?core/i, 'tinycore-32'],
    [/win(dows)? ?-?11/i, 'windows-11-64'],
    [/win(dows)? ?-?10/i, 'windows-10-64'],
    [/win(dows)? ?-?xp/i, 'windows-xp-32'],
    [/win(dows)? ?-?2000|win2k/i, 'windows-2000'],
    [/win(dows)? ?-?9[58]/i, 'windows-98'],
    [/freebsd.*(i386|32)/i, 'freebsd-32'],
    [/freebsd/i, 'freebsd-64'],
    [/freedos|ms-?dos/i, 'freedos'],
    [/haiku/i, 'haiku-32'],
    [/linux.*(i386|i686|32)/i, 'linux-32'],
    [/linux|arch|gentoo|nixos|suse/i, 'linux-64'],
  ];
  const id = rules.find(([pattern]) => pattern.test(text))?.[1];
  return id === undefined ? undefined : osTypeOf(id);
}
