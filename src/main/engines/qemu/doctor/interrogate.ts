import * as z from 'zod';
import { lastWords } from '../../../processes/last-words.ts';
import { type ProgramRun, runProgram } from '../../../processes/run-program.ts';
import { isRecord } from '../../qmp/protocol.ts';
import type { Chipset } from '../installation.ts';

const Version = z.object({ major: z.int(), minor: z.int(), micro: z.int() });

/** What one QEMU says of itself. */
export const Testimony = z.object({
  version: Version,
  packageName: z.string(),
  machineTypes: z.object({ pc: z.string(), q35: z.string() }),
  devices: z.array(z.string()),
  hasSandbox: z.boolean(),
  /** Names of the ways to the host's sound that it was built with. */
  audioDrivers: z.array(z.string()),
});
export type Testimony = z.infer<typeof Testimony>;

const TIMEOUT_MS = 10_000;
const SANDBOX = ['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'];
const NO_MACHINE = ['-nodefaults', '-no-user-config', '-machine', 'none', '-display', 'none', '-S', '-qmp', 'stdio'];

const QUESTIONS: Record<string, { execute: string; arguments?: object }> = {
  hello: { execute: 'qmp_capabilities' },
  version: { execute: 'query-version' },
  machines: { execute: 'query-machines' },
  devices: { execute: 'qom-list-types', arguments: { implements: 'device', abstract: false } },
  bye: { execute: 'quit' },
};

/** Starts QEMU without any machine and asks it about itself over its monitor. @returns why not, as a string, else */
export async function interrogate(binary: string): Promise<Testimony | string> {
  const input = Object.entries(QUESTIONS)
    .map(([id, question]) => `${JSON.stringify({ ...question, id })}\n`)
    .join('');
  const ask = (args: string[]): Promise<ProgramRun> => runProgram(binary, args, { timeoutMs: TIMEOUT_MS, input });
  const shutIn = await ask([...NO_MACHINE, ...SANDBOX]);
  const audioDrivers = readAudioDrivers((await ask(['-audiodev', 'help'])).stdout);
  const testimony = readTestimony(shutIn.stdout, true);
  if (testimony !== undefined) return { ...testimony, audioDrivers };
  const open = await ask(NO_MACHINE); // builds without seccomp refuse the option
  const spoken = readTestimony(open.stdout, false);
  return spoken === undefined ? describeFailure(open) : { ...spoken, audioDrivers };
}

function describeFailure(run: ProgramRun): string {
  if (run.isTimedOut) return `it did not answer within ${TIMEOUT_MS / 1000} seconds`;
  return lastWords(run.stderr.split('\n')) ?? `it ended with exit code ${run.code}`;
}

/** The list below its heading, one name on each line. */
export function readAudioDrivers(output: string): string[] {
  return output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^[a-z0-9]+$/.test(line));
}

/** Reads the answers; undefined when QEMU gave none. */
export function readTestimony(output: string, hasSandbox: boolean): Omit<Testimony, 'audioDrivers'> | undefined {
  const answers = new Map(output.split('\n').flatMap(readAnswer));
  const version = answers.get('version');
  const machines = answers.get('machines');
  const devices = answers.get('devices');
  const number = isRecord(version) ? Version.safeParse(version.qemu).data : undefined;
  if (!isRecord(version) || !number || !Array.isArray(machines) || !Array.isArray(devices)) return undefined;
  return {
    version: number,
    packageName: typeof version.package === 'string' ? version.package.trim() : '',
    machineTypes: { pc: resolveAlias(machines, 'pc'), q35: resolveAlias(machines, 'q35') },
    devices: devices.flatMap((each) => (isRecord(each) && typeof each.name === 'string' ? [each.name] : [])),
    hasSandbox,
  };
}

function readAnswer(line: string): [string, unknown][] {
  try {
    const message: unknown = JSON.parse(line);
    if (!isRecord(message) || typeof message.id !== 'string' || !('return' in message)) return [];
    return [[message.id, message.return]];
  } catch {
    return []; // an empty line, or one that was cut off
  }
}

/** `pc` means another machine in each version of QEMU; a saved state needs the one it was made with. */
function resolveAlias(machines: unknown[], alias: Chipset): string {
  const machine = machines.find((each) => isRecord(each) && each.alias === alias);
  return isRecord(machine) && typeof machine.name === 'string' ? machine.name : alias;
}
