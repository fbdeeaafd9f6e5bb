import { createHash } from 'node:crypto';
import type { EngineInfo } from '../../../shared/model/engine.ts';
import type { MachineConfig } from '../../../shared/model/machine.ts';
import type { StartSpec } from '../../engines/start-spec.ts';

/** What a kept state depends on. */
export interface WarmStartFacts {
  engine: Pick<EngineInfo, 'id' | 'version'>;
  spec: Pick<StartSpec, 'config' | 'drives' | 'kernel' | 'adapters'>;
  /** Marks of every file that the guest can have seen (`filesOf`), in that order. */
  marks: readonly string[];
}

/**
 * Digest of all that a kept state depends on. Memory of a guest fits only the same virtual hardware, under the same
 * version of the engine, over files that nobody has changed: a guest whose writable disk changed since must boot, as
 * the cache in its memory would overwrite what is newer. Name, description, group, cap and boot order do not matter.
 */
export function fingerprintOf({ engine, spec, marks }: WarmStartFacts): string {
  const { processors, memoryMiB, display, motherboard, audio } = spec.config;
  const hardware = {
    engine: [engine.id, engine.version],
    processors: processors.count,
    memoryMiB,
    ...{ display, motherboard, audio },
    kernel: spec.kernel,
    drives: spec.drives.map(({ controller, controllerName, port, device, kind, medium }) => [
      controller,
      controllerName,
      port,
      device,
      kind,
      medium && [medium.path, medium.format, medium.sizeBytes, medium.isReadOnly, medium.backing],
    ]),
    adapters: spec.adapters.map(({ index, model, macAddress }) => [index, model, macAddress]),
    marks,
  };
  return createHash('sha256').update(JSON.stringify(hardware)).digest('hex');
}

/** The demo guest says on its serial port when its shell is there. */
const DEMO_READY = /^INNKEEPER DEMO READY/m;
/** Nothing of the boot's output before the last lines is needed to find the word. */
const TAIL_LENGTH = 4096;

/** How the program can tell that the guest has booted, or undefined when only its user can. */
export function readyPattern(config: Pick<MachineConfig, 'kernelBoot'>): RegExp | undefined {
  return config.kernelBoot?.source === 'demo' ? DEMO_READY : undefined;
}

/** Reads a stream of bytes until the pattern stands in it: true, or false when the stream ended before. */
export async function sawPattern(stream: AsyncIterable<Uint8Array>, pattern: RegExp): Promise<boolean> {
  const decoder = new TextDecoder();
  let tail = '';
  for await (const bytes of stream) {
    tail = (tail + decoder.decode(bytes, { stream: true })).replaceAll('\r', '');
    if (pattern.test(tail)) return true;
    tail = tail.slice(-TAIL_LENGTH);
  }
  return false;
}
