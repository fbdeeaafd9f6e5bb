import type { Ability, EngineCapabilities } from '../../../shared/model/engine.ts';
import type { Issue, MachineConfig } from '../../../shared/model/machine.ts';
import { osTypeOf } from '../../../shared/os-types.ts';
import { formatMiB } from '../../../shared/units.ts';

const error = (field: string, message: string): Issue => ({ severity: 'error', field, message });
const warning = (field: string, message: string): Issue => ({ severity: 'warning', field, message });

/** OVMF stops without a word when it finds less. */
export const MIN_UEFI_MEMORY_MIB = 128;

/** Why QEMU cannot give the machine this motherboard and this sound, field by field. Pure. */
export function checkBoard(config: MachineConfig, can: EngineCapabilities): Issue[] {
  const { hasTpm, watchdog } = config.motherboard;
  return [
    ...checkFirmware(config, can),
    ...checkSecureBoot(config, can),
    ...(hasTpm ? lacking('motherboard.hasTpm', can.tpm) : []),
    ...(watchdog === 'none' ? [] : lacking('motherboard.watchdog', can.watchdog)),
    ...checkAudio(config, can),
  ];
}

function lacking(field: string, { isAvailable, reason }: Ability): Issue[] {
  return isAvailable ? [] : [error(field, reason ?? 'QEMU cannot do that here.')];
}

function checkFirmware({ motherboard, kernelBoot, memoryMiB, osType }: MachineConfig, can: EngineCapabilities) {
  if (motherboard.firmware === 'bios') return [];
  const field = 'motherboard.firmware';
  const { label, architecture } = osTypeOf(osType);
  if (kernelBoot?.source === 'demo') return [error(field, 'The demo guest starts by BIOS only. Choose BIOS.')];
  return [
    ...(motherboard.isSecureBoot ? [] : lacking(field, can.uefi)),
    ...(memoryMiB < MIN_UEFI_MEMORY_MIB
      ? [error('memoryMiB', `A machine with UEFI needs at least ${formatMiB(MIN_UEFI_MEMORY_MIB)} of memory.`)]
      : []),
    ...(architecture === 'i686'
      ? [warning(field, `${label} is a 32-bit system, and this UEFI starts 64-bit ones only. Choose BIOS.`)]
      : []),
  ];
}

function checkSecureBoot({ motherboard }: MachineConfig, can: EngineCapabilities): Issue[] {
  const { firmware, chipset, isSecureBoot } = motherboard;
  if (!isSecureBoot) return [];
  const field = 'motherboard.isSecureBoot';
  if (firmware !== 'uefi') return [error(field, 'Secure Boot is a part of UEFI. Choose UEFI, or switch it off.')];
  if (chipset !== 'q35') {
    return [error(field, 'Secure Boot needs the chipset Q35, which guards its keys. Choose Q35, or switch it off.')];
  }
  return lacking(field, can.secureBoot);
}

function checkAudio({ audio: { card, hasOutput, hasInput } }: MachineConfig, can: EngineCapabilities): Issue[] {
  if (card === 'none') return [];
  if (!can.audioCards.includes(card)) {
    return [error('audio.card', 'The QEMU on this computer has no such sound card. Choose another one.')];
  }
  if (hasInput && !hasOutput) {
    return [warning('audio.hasInput', 'QEMU records only where it plays, too: switch the output on as well.')];
  }
  if (!hasOutput || can.audio.isAvailable) return [];
  return [warning('audio.card', can.audio.reason ?? 'The guest plays to nobody.')];
}
