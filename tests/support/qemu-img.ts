import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { MediumFormat } from '../../src/shared/model/medium.ts';

const run = promisify(execFile);

/** What QEMU calls the formats. */
export const QEMU_NAMES = { raw: 'raw', qcow2: 'qcow2', vdi: 'vdi', vhd: 'vpc', vmdk: 'vmdk', vhdx: 'vhdx' } as const;

/** Runs `qemu-img` and answers what it printed. @throws when it fails; with the cure when it is missing. */
export async function qemuImg(...args: string[]): Promise<string> {
  return runTool('qemu-img', args);
}

/** Runs `qemu-io`, such as `qemuIo('-f', 'qcow2', '-c', 'write -P 7 0 64k', path)`. */
export async function qemuIo(...args: string[]): Promise<string> {
  return runTool('qemu-io', args);
}

/** What QEMU finds wrong with an image of a format that it can check, which is not raw and not vhd. */
export async function qemuCheck(path: string, format: MediumFormat): Promise<{ errors: number; leaks: number }> {
  // It exits with 2 for errors and 3 for leaks, and prints the report all the same.
  const printed = await qemuImg('check', '--output=json', '-f', QEMU_NAMES[format], path).catch((error: unknown) => {
    if (error instanceof Error && 'stdout' in error && String(error.stdout).trim() !== '') return String(error.stdout);
    throw error;
  });
  const report = JSON.parse(printed);
  return { errors: report['check-errors'] + (report.corruptions ?? 0), leaks: report.leaks ?? 0 };
}

/** @throws when QEMU sees other contents in the one image than in the other. Zeros behind the shorter one are no difference. */
export async function qemuCompare(
  path: string,
  format: MediumFormat,
  other: string,
  otherFormat: MediumFormat,
): Promise<void> {
  await qemuImg('compare', '-f', QEMU_NAMES[format], '-F', QEMU_NAMES[otherFormat], path, other);
}

async function runTool(tool: string, args: readonly string[]): Promise<string> {
  try {
    return (await run(tool, args, { maxBuffer: 64 * 1024 ** 2 })).stdout;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new Error(`'${tool}' is missing, and these tests measure by it. Install it: apt-get install qemu-utils`);
    }
    throw error;
  }
}
