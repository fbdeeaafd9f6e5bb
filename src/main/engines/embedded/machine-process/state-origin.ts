import { stat } from 'node:fs/promises';
import type { Drives } from './drives.ts';
import { type EmulatorImages, V86_VERSION } from './emulator.ts';
import type { StateOrigin } from './state-file.ts';
import type { EmulatorPlan } from './v86-options.ts';

/**
 * What a state taken now belongs to. A state holds no disks: a warm start is only good while the disks are as they were,
 * so their times of change stand among the circumstances. A disk is told by its size alone: after a snapshot the same disk
 * goes on in another image, and which image fits is for the program to say. Call it when everything is flushed.
 */
export async function describeOrigin(plan: EmulatorPlan, images: EmulatorImages, drives: Drives): Promise<StateOrigin> {
  const { adapter } = plan;
  const hardware: Record<string, string> = {
    memory: `${plan.memoryBytes} bytes`,
    'the balloon': 'virtio',
    'video memory': `${plan.videoMemoryBytes} bytes`,
    'the network adapter': adapter?.model ?? 'none',
  };
  const circumstances: Record<string, string> = {
    'the kernel': images.kernel ? `${images.digests.kernel} with '${plan.commandLine}'` : 'none',
    'the firmware': images.digests.firmware,
    'the network address': adapter ? Buffer.from(adapter.macAddress).toString('hex') : 'none',
  };
  for (const {
    plan: { id, kind },
    medium,
    disk,
  } of drives.all) {
    hardware[`drive '${id}'`] = medium
      ? `a ${kind} of ${disk?.byteLength} bytes${kind === 'disk' ? '' : ` (${medium.id})`}`
      : `an empty ${kind} drive`;
    if (medium) circumstances[`the content of drive '${id}'`] = await ageOf(medium.path);
  }
  return { emulator: `v86 ${V86_VERSION}`, hardware, circumstances };
}

/** A disc whose file was deleted stays in its drive, and is no reason not to save the machine. */
async function ageOf(file: string): Promise<string> {
  return stat(file).then(
    ({ mtime }) => `of ${mtime.toISOString()}`,
    () => 'of a file that is gone',
  );
}
