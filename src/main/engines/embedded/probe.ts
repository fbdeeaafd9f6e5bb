import { readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { EngineInfo, Finding } from '../../../shared/model/engine.ts';
import { EMBEDDED_CAPABILITIES } from './capabilities.ts';
import { machineProcessPath } from './process-script.ts';

/** The firmware that ships with the program, below its `resources` folder. */
export interface Firmware {
  biosPath: string;
  vgaBiosPath: string;
}

export function firmwareOf(resourcesFolder: string): Firmware {
  const folder = path.join(resourcesFolder, 'firmware');
  return { biosPath: path.join(folder, 'seabios.bin'), vgaBiosPath: path.join(folder, 'vgabios-stdvga.bin') };
}

const CURE = 'Install the program again.';
const good = (subject: string, cause: string): Finding => ({ subject, isGood: true, cause, cure: null });
const bad = (subject: string, cause: string, cure: string): Finding => ({ subject, isGood: false, cause, cure });

/** Looks for all that the embedded engine needs. Never throws: what is missing stands in the findings. */
export async function probeEmbedded(resourcesFolder: string): Promise<EngineInfo> {
  const version = await readEmulatorVersion();
  const findings = [
    version === null
      ? bad('v86', 'The emulator v86 is missing.', CURE)
      : good('v86', `The emulator v86 ${version} is installed; it needs no help from the host's processor.`),
    await findFirmware(firmwareOf(resourcesFolder)),
    await findMachineProcess(),
    ...findPlatform(),
  ];
  return {
    id: 'embedded',
    name: 'Embedded engine',
    version,
    isAvailable: findings.every(({ isGood }) => isGood),
    acceleration: 'WebAssembly',
    capabilities: EMBEDDED_CAPABILITIES,
    findings,
  };
}

async function readEmulatorVersion(): Promise<string | null> {
  try {
    const require = createRequire(import.meta.url);
    const wasm = require.resolve('v86/build/v86.wasm');
    const manifest: unknown = JSON.parse(await readFile(path.join(path.dirname(wasm), '../package.json'), 'utf8'));
    const isManifest = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
    return isManifest ? String(manifest.version).replace(/\+.*/, '') : null;
  } catch {
    return null; // reported as a finding
  }
}

async function findFirmware({ biosPath, vgaBiosPath }: Firmware): Promise<Finding> {
  const missing: string[] = [];
  for (const file of [biosPath, vgaBiosPath]) if (!(await isFile(file))) missing.push(file);
  if (missing.length === 0) return good('Firmware', 'SeaBIOS and its VGA BIOS are in place.');
  return bad('Firmware', `The firmware is missing: ${missing.join(', ')}.`, CURE);
}

async function findMachineProcess(): Promise<Finding> {
  const script = machineProcessPath();
  if (await isFile(script)) return good('Machine process', `Node ${process.versions.node} runs the machine processes.`);
  return bad('Machine process', `The program of the machine processes is missing: ${script}.`, CURE);
}

function findPlatform(): Finding[] {
  if (process.platform !== 'win32') return [];
  const cause = 'Machine processes are spoken to over Unix sockets, which Node cannot open on Windows.';
  return [bad('Platform', cause, 'Use the QEMU engine, or run the program in the Windows Subsystem for Linux.')];
}

async function isFile(file: string): Promise<boolean> {
  try {
    const found = await stat(file);
    return found.isFile() && found.size > 0;
  } catch {
    return false;
  }
}
