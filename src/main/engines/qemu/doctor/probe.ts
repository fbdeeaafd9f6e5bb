import { accessSync, constants, existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import * as z from 'zod';
import type { EngineInfo, Finding } from '../../../../shared/model/engine.ts';
import { findProgram } from '../../../processes/find-program.ts';
import { findQemu } from '../../../processes/find-qemu.ts';
import { settlesWithin } from '../../../processes/process-identity.ts';
import { boardCapabilities } from '../board-capabilities.ts';
import { qemuCapabilities } from '../capabilities.ts';
import {
  ACCELERATOR_NAMES,
  type Accelerator,
  type Installation,
  isAtLeast,
  OLDEST_VERSION,
  printVersion,
} from '../installation.ts';
import { tryAccelerator, Verdict } from './accelerator-trial.ts';
import { BootCache } from './boot-cache.ts';
import { findPackageManager, type PackageManager } from './cures.ts';
import * as say from './findings.ts';
import { findUefi } from './firmware.ts';
import { findSound, NO_SOUND, pickAudioDriver } from './host-sound.ts';
import { interrogate, Testimony } from './interrogate.ts';

export interface ProbeOptions {
  /** `INNKEEPER_QEMU` names another QEMU, `PATH` is searched for one. */
  env: Record<string, string | undefined>;
  /** Where is kept what QEMU said of itself, until the host restarts or QEMU changes. */
  cacheFolder: string;
}

export interface ProbeResult {
  info: EngineInfo;
  /** Undefined when there is no QEMU that can run machines. */
  installation: Installation | undefined;
}

/** An accelerator that works answers long before; for one that hangs nobody need wait. */
const TRIAL_PATIENCE_MS = 1_000;

/** Looks for all that the QEMU engine needs or can use. Never throws: what is missing stands in the findings. */
export async function probeQemu(options: ProbeOptions): Promise<ProbeResult> {
  const manager = await findPackageManager();
  const named = options.env.INNKEEPER_QEMU;
  const binary = findQemu(options.env);
  if (process.platform === 'win32') return unavailable([say.platformUnfit()]);
  if (binary === undefined) return unavailable([say.qemuMissing(named, manager)]);
  const cache = new BootCache(options.cacheFolder);
  const testimony = await hear(binary, cache);
  if (typeof testimony === 'string') return unavailable([say.qemuBroken(binary, testimony, manager)]);
  const version = printVersion(testimony.version);
  if (!isAtLeast(testimony.version, OLDEST_VERSION)) {
    return unavailable([say.qemuTooOld(binary, version, manager)], version);
  }
  const { accelerator, finding } = await findAccelerator(binary, version, cache);
  const helpers = await findHelpers(binary, options.env, manager);
  const { uefi, swtpm } = helpers;
  const audioDriver = pickAudioDriver(testimony.audioDrivers, findSound(options.env));
  const findings = [
    say.qemuFound(binary, version, testimony.packageName),
    finding,
    ...helpers.findings,
    say.sound(audioDriver === NO_SOUND ? undefined : audioDriver),
  ];
  const devices = new Set(testimony.devices);
  return available({ ...testimony, binary, accelerator, devices, uefi, swtpm, audioDriver }, findings);
}

function hear(binary: string, cache: BootCache): Promise<Testimony | string> {
  const answered = (testimony: Testimony | string): boolean => typeof testimony !== 'string';
  return cache.get('qemu', binary, z.union([Testimony, z.string()]), () => interrogate(binary), answered);
}

function unavailable(findings: Finding[], version: string | null = null): ProbeResult {
  const capabilities = qemuCapabilities(undefined);
  const info = { id: 'qemu', name: 'QEMU', version, isAvailable: false, acceleration: null } as const;
  return { info: { ...info, capabilities, findings }, installation: undefined };
}

function available(installation: Installation, findings: Finding[]): ProbeResult {
  const capabilities = {
    ...qemuCapabilities(installation.devices),
    ...boardCapabilities(installation, findings),
  };
  const info: EngineInfo = {
    id: 'qemu',
    name: 'QEMU',
    version: printVersion(installation.version),
    isAvailable: true,
    acceleration: ACCELERATOR_NAMES[installation.accelerator],
    capabilities,
    findings,
  };
  return { info, installation };
}

const OF_PLATFORM: Partial<Record<NodeJS.Platform, Exclude<Accelerator, 'tcg'>>> = {
  linux: 'kvm',
  darwin: 'hvf',
  win32: 'whpx',
};

async function findAccelerator(
  binary: string,
  version: string,
  cache: BootCache,
): Promise<{ accelerator: Accelerator; finding: Finding }> {
  const accelerator = OF_PLATFORM[process.platform] ?? 'kvm';
  const access = process.arch === 'x64' ? deviceAccess(accelerator) : 'missing';
  const verdict = access === 'open' ? await verdictOn(binary, version, accelerator, cache) : undefined;
  const finding = say.acceleration(accelerator, access, verdict, userInfo().username);
  return { accelerator: verdict?.outcome === 'runs' ? accelerator : 'tcg', finding };
}

function deviceAccess(accelerator: Accelerator): say.DeviceAccess {
  if (accelerator !== 'kvm') return 'open';
  if (!existsSync('/dev/kvm')) return 'missing';
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK);
    return 'open';
  } catch {
    return 'forbidden';
  }
}

/** Trials that were begun: one for each accelerator, however often the doctor is asked. */
const trials = new Map<string, Promise<Verdict>>();

async function verdictOn(
  binary: string,
  version: string,
  accelerator: Accelerator,
  cache: BootCache,
): Promise<Verdict | undefined> {
  const key = JSON.stringify([binary, version, accelerator]);
  const trial =
    trials.get(key) ??
    cache.get(`accelerator-${accelerator}`, binary, Verdict, () => tryAccelerator(binary, accelerator));
  trials.set(key, trial);
  return (await settlesWithin(trial, TRIAL_PATIENCE_MS)) ? trial : undefined;
}

async function findHelpers(binary: string, env: ProbeOptions['env'], manager: PackageManager) {
  const uefi = await findUefi(binary, env);
  const swtpm = findProgram(['swtpm'], env);
  const findings = [
    say.tool('qemu-img', findProgram(['qemu-img'], env), manager),
    ...say.uefi(uefi, manager),
    say.tool('swtpm', swtpm, manager),
  ];
  return { uefi, swtpm: swtpm ?? null, findings };
}
