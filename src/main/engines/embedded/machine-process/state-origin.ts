import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { Drives } from './drives.ts';
import { type EmulatorImages, V86_VERSION } from './emulator.ts';
import type { StateOrigin } from './state-file.ts';
import type { EmulatorPlan } from './v86-options.ts';

/**
 * What a state taken now belongs to. A state holds no disks: a warm start is only good while the disks are as they were,
 * so their times of change stand among the circumstances. Call it when everything is flushed.
 */
export async function describeOrigin(plan: EmulatorPlan, images: EmulatorImages, drives: Drives): Promise<StateOrigin> {
  const { adapter } = plan;
  const hardware: Record<string, string> = {
    memory: `${plan.memoryBytes} bytes`,
    'video memory': `${plan.videoMemoryBytes} bytes`,
    'the network adapter': adapter?.model ?? 'none',
  };
  const circumstances: Record<string, string> = {
    'the kernel': images.kernel ? digest(images.kernel.kernel, images.kernel.initrd, plan.commandLine) : 'none',
    'the firmware': digest(images.bios, images.vgaBios),
    'the network address': adapter ? Buffer.from(adapter.macAddress).toString('hex') : 'none',
  };
  for (const {
    plan: { id, kind },
    medium,
    disk,
  } of drives.all) {
    hardware[`drive '${id}'`] = medium
      ? `a ${kind} of ${disk?.byteLength} bytes (${medium.id})`
      : `an empty ${kind} drive`;
    if (medium) circumstances[`the content of drive '${id}'`] = `of ${(await stat(medium.path)).mtime.toISOString()}`;
  }
  return { emulator: `v86 ${V86_VERSION}`, hardware, circumstances };
}

function digest(...parts: (ArrayBuffer | string | undefined)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(typeof part === 'string' ? part : new Uint8Array(part ?? new ArrayBuffer(0)));
  return hash.digest('hex').slice(0, 16);
}
