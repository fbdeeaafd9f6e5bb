import { InnError } from '../../../shared/errors.ts';
import type { MachineConfig } from '../../../shared/model/machine.ts';
import { pickUefi, type UefiFirmware } from './doctor/firmware.ts';

/**
 * The UEFI firmware of a machine; undefined for one that starts by BIOS.
 * @throws InnError `ENGINE_MISSING` when none is installed that fits; `checkQemu` says it before, with the cure
 */
export function firmwareOf(
  { motherboard: { firmware, isSecureBoot } }: Pick<MachineConfig, 'motherboard'>,
  found: readonly UefiFirmware[],
): UefiFirmware | undefined {
  if (firmware === 'bios') return undefined;
  const uefi = pickUefi(found, isSecureBoot);
  if (uefi !== undefined) return uefi;
  throw new InnError('ENGINE_MISSING', `No UEFI firmware ${isSecureBoot ? 'with Secure Boot ' : ''}is installed.`, {
    hint: 'The doctor says how to get it.',
  });
}
