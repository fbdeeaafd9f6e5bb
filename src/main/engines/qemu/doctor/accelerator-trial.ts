import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import { lastWords } from '../../../processes/last-words.ts';
import { runProgram } from '../../../processes/run-program.ts';
import type { Accelerator } from '../installation.ts';

/** How a guest did with an accelerator; `reason` says why it did not run, as a part of a sentence. */
export const Verdict = z.object({ outcome: z.enum(['runs', 'hangs', 'refused']), reason: z.string().nullable() });
export type Verdict = z.infer<typeof Verdict>;

/** Far longer than any accelerator that works needs for its firmware and one sector. */
const TIME_LIMIT_MS = 3_000;
const DEBUG_PORT = 0xf4;
const CODE = 0x10;
/** What the device `isa-debug-exit` makes of a byte written to its port. */
const EXPECTED_EXIT_CODE = (CODE << 1) | 1;

/**
 * A disk of one sector: `mov al, CODE; out DEBUG_PORT, al; cli; hlt`, and the mark that makes it bootable. To get there
 * the firmware must have run through real and protected mode, interrupts and disk: on some hosts `/dev/kvm` opens, the
 * first instructions run, and then the guest hangs.
 */
function bootSector(): Buffer {
  const sector = Buffer.alloc(512);
  Buffer.from([0xb0, CODE, 0xe6, DEBUG_PORT, 0xfa, 0xf4]).copy(sector);
  sector.set([0x55, 0xaa], 510);
  return sector;
}

/** Runs a guest that is thrown away, for three seconds at most. Never rejects. */
export async function tryAccelerator(binary: string, accelerator: Accelerator): Promise<Verdict> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'innkeeper-trial-'));
  try {
    const image = path.join(folder, 'boot.img');
    await writeFile(image, bootSector());
    const run = await runProgram(binary, trialArguments(accelerator, image), { timeoutMs: TIME_LIMIT_MS });
    if (run.code === EXPECTED_EXIT_CODE) return { outcome: 'runs', reason: null };
    if (run.isTimedOut) return { outcome: 'hangs', reason: 'it starts, but a guest hangs in its first second' };
    return { outcome: 'refused', reason: lastWords(run.stderr.split('\n')) ?? `QEMU ended with exit code ${run.code}` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function trialArguments(accelerator: Accelerator, image: string): string[] {
  const disk = { driver: 'raw', 'node-name': 'disk', file: { driver: 'file', filename: image } };
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-machine', 'pc', '-accel', accelerator, '-m', '16'],
    ...['-blockdev', JSON.stringify(disk), '-device', 'ide-hd,drive=disk,bootindex=1'],
    ...['-device', `isa-debug-exit,iobase=0x${DEBUG_PORT.toString(16)},iosize=4`],
  ];
}
