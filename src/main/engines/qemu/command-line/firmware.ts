import { InnError } from '../../../../shared/errors.ts';
import type { UefiFirmware } from '../doctor/firmware.ts';
import { firmwareOf } from '../uefi.ts';
import { variablesFile } from '../variables-file.ts';
import { type CommandPart, type CommandPlan, jsonOption, part } from './part.ts';

/** Names of the two halves of the flash memory. */
const FLASH = { code: 'uefi-code', variables: 'uefi-variables' };

/**
 * Only what stands in the boot order is tried: a disk that was left out is never booted by accident. UEFI stands in two
 * flash chips: its program, which nobody can write, and the variables, which are the machine's own.
 */
export function firmwarePart(plan: CommandPlan): CommandPart {
  const strict = ['-boot', 'strict=on'];
  const uefi = firmwareOf(plan.spec.config, plan.installation.uefi);
  if (uefi === undefined) return part('firmware', ...strict);
  return part('firmware', ...strict, ...flash(plan, uefi), ...(uefi.needsSmm ? SMM_ONLY : []));
}

/** Variables that only the firmware itself can change, in system management mode; sleep would open them (OVMF, README). */
const SMM_ONLY = [
  ...['-global', 'driver=cfi.pflash01,property=secure,value=on'],
  ...['-global', 'driver=ICH9-LPC,property=disable_s3,value=1'],
];

function flash({ spec }: CommandPlan, uefi: UefiFirmware): string[] {
  if (spec.boardFolder === null) throw new InnError('INTERNAL', 'The machine has no folder for its UEFI variables.');
  const file = (filename: string) => ({ driver: 'file', filename });
  return [
    ...jsonOption('-blockdev', {
      ...{ 'node-name': FLASH.code, driver: uefi.format, 'read-only': true, file: file(uefi.executable) },
      ...(uefi.format === 'qcow2' ? { backing: null } : {}),
    }),
    ...jsonOption('-blockdev', {
      ...{ 'node-name': FLASH.variables, driver: 'raw', 'read-only': false },
      file: file(variablesFile(spec.boardFolder, uefi)),
    }),
    ...['-machine', `pflash0=${FLASH.code},pflash1=${FLASH.variables}`],
  ];
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
