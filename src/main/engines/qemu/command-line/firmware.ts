import { type CommandPart, type CommandPlan, part } from './part.ts';

/** Only what stands in the boot order is tried: a disk that was left out is never booted by accident. */
export function firmwarePart(_plan: CommandPlan): CommandPart {
  return part('firmware', '-boot', 'strict=on');
}

/** A kernel is started past firmware and boot order. Each value is an argument of its own, so nothing is escaped. */
export function kernelPart({ spec: { kernel } }: CommandPlan): CommandPart {
  if (kernel === null) return part('kernel');
  return part(
    'kernel',
    ...['-kernel', kernel.kernelPath],
    ...(kernel.initrdPath === null ? [] : ['-initrd', kernel.initrdPath]),
    ...(kernel.commandLine === '' ? [] : ['-append', kernel.commandLine]),
  );
}
