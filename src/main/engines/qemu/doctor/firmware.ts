import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';

/** UEFI firmware for PCs: the program, and the variables that a new machine begins with. */
export interface UefiFirmware {
  executable: string;
  template: string;
  format: 'raw' | 'qcow2';
  templateFormat: 'raw' | 'qcow2';
  isSecureBoot: boolean;
  /** The keys of the usual makers of operating systems are in the template already. */
  hasKeys: boolean;
  needsSmm: boolean;
}

const File = z.object({ filename: z.string(), format: z.enum(['raw', 'qcow2']).default('raw') });

/** The part of a firmware description that matters here (QEMU, docs/interop/firmware.json). */
export const FirmwareDescription = z.object({
  'interface-types': z.array(z.string()),
  mapping: z.object({
    device: z.literal('flash'),
    executable: File,
    'nvram-template': File,
  }),
  targets: z.array(z.object({ architecture: z.string(), machines: z.array(z.string()) })),
  features: z.array(z.string()),
});
export type FirmwareDescription = z.infer<typeof FirmwareDescription>;

/** Describes UEFI firmware for PCs, or undefined when the description is of something else. */
export function toUefi(description: FirmwareDescription): UefiFirmware | undefined {
  const { mapping, targets, features } = description;
  const isForPc = targets.some(({ architecture }) => architecture === 'x86_64');
  if (!description['interface-types'].includes('uefi') || !isForPc) return undefined;
  return {
    executable: mapping.executable.filename,
    template: mapping['nvram-template'].filename,
    format: mapping.executable.format,
    templateFormat: mapping['nvram-template'].format,
    isSecureBoot: features.includes('secure-boot'),
    hasKeys: features.includes('enrolled-keys'),
    needsSmm: features.includes('requires-smm'),
  };
}

/** The firmware to use: with Secure Boot and its keys, or without; the first that is described wins. Pure. */
export function pickUefi(found: readonly UefiFirmware[], isSecure: boolean): UefiFirmware | undefined {
  return found.find(({ isSecureBoot, hasKeys }) => (isSecure ? isSecureBoot && hasKeys : !isSecureBoot));
}

/** In the order of QEMU's rule: what the user says, then the computer's owner, then the system. */
export function descriptionFolders(binary: string, env: Record<string, string | undefined>): string[] {
  const config = env.XDG_CONFIG_HOME ?? (env.HOME === undefined ? undefined : path.join(env.HOME, '.config'));
  return [
    ...(config === undefined ? [] : [path.join(config, 'qemu/firmware')]),
    '/etc/qemu/firmware',
    path.resolve(path.dirname(binary), '../share/qemu/firmware'),
    '/usr/share/qemu/firmware',
  ];
}

/** Firmware that comes without a description, by its usual names. */
const USUAL_PLACES: readonly UefiFirmware[] = [
  usual('/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_VARS_4M.fd'),
  usual('/usr/share/OVMF/OVMF_CODE.fd', '/usr/share/OVMF/OVMF_VARS.fd'),
  usual('/usr/share/edk2/ovmf/OVMF_CODE.fd', '/usr/share/edk2/ovmf/OVMF_VARS.fd'),
  usual('/usr/share/edk2/x64/OVMF_CODE.4m.fd', '/usr/share/edk2/x64/OVMF_VARS.4m.fd'),
  usual('/usr/share/qemu/edk2-x86_64-code.fd', '/usr/share/qemu/edk2-i386-vars.fd'),
  usual('/opt/homebrew/share/qemu/edk2-x86_64-code.fd', '/opt/homebrew/share/qemu/edk2-i386-vars.fd'),
  usual('/usr/local/share/qemu/edk2-x86_64-code.fd', '/usr/local/share/qemu/edk2-i386-vars.fd'),
];

function usual(executable: string, template: string): UefiFirmware {
  const formats = { format: 'raw', templateFormat: 'raw' } as const;
  return { executable, template, ...formats, isSecureBoot: false, hasKeys: false, needsSmm: false };
}

/** All UEFI firmware for PCs whose files are there, in the order of preference. Never rejects. */
export async function findUefi(binary: string, env: Record<string, string | undefined>): Promise<UefiFirmware[]> {
  const described = await Promise.all(descriptionFolders(binary, env).map(readFolder));
  const all = [...described.flat(), ...USUAL_PLACES];
  const areThere = await Promise.all(
    all.map(async ({ executable, template }) => (await isFile(executable)) && (await isFile(template))),
  );
  return all.filter((_, index) => areThere[index]);
}

/** Descriptions are read in the order of their names; what cannot be read is left out, as QEMU's rule asks. */
async function readFolder(folder: string): Promise<UefiFirmware[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json')).sort();
  const found = await Promise.all(names.map((name) => readDescription(path.join(folder, name))));
  return found.filter((each) => each !== undefined);
}

async function readDescription(file: string): Promise<UefiFirmware | undefined> {
  try {
    const parsed = FirmwareDescription.safeParse(JSON.parse(await readFile(file, 'utf8')));
    return parsed.success ? toUefi(parsed.data) : undefined;
  } catch {
    return undefined;
  }
}

async function isFile(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile() && found.size > 0,
    () => false,
  );
}
