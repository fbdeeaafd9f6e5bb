import path from 'node:path';
import type { Motherboard } from '../../../../shared/model/hardware.ts';
import { osTypeOf } from '../../../../shared/os-types.ts';
import { RUNTIME_FILES } from '../../runtime-files.ts';
import { type CommandPart, type CommandPlan, escapeValue, jsonOption, part } from './part.ts';

const WATCHDOG = 'i6300esb';
const PANIC_DEVICE = 'pvpanic';
export const TPM_DEVICE = 'tpm-crb';
export const WATCHDOG_DEVICE = WATCHDOG;

/** What QEMU calls the actions (qemu(1), `-action watchdog=`). */
const WATCHDOG_ACTIONS: Record<Exclude<Motherboard['watchdog'], 'none'>, string> = {
  reset: 'reset',
  powerOff: 'poweroff',
  pause: 'pause',
};

/** A guest whose kernel has given up says so here; other families than Linux would show an unknown device. */
export function panicPart({ spec, installation: { devices } }: CommandPlan): CommandPart {
  const { family } = osTypeOf(spec.config.osType);
  if (family !== 'linux' || !devices.has(PANIC_DEVICE)) return part('panic');
  return part('panic', ...jsonOption('-device', { driver: PANIC_DEVICE }));
}

/** A timer that the guest must feed once it has started it (Intel 6300ESB). */
export function watchdogPart({ spec }: CommandPlan): CommandPart {
  const { watchdog } = spec.config.motherboard;
  if (watchdog === 'none') return part('watchdog');
  return part(
    'watchdog',
    ...jsonOption('-device', { driver: WATCHDOG, id: 'watchdog' }),
    ...['-action', `watchdog=${WATCHDOG_ACTIONS[watchdog]}`],
  );
}

/** A TPM 2.0; a program of its own beside QEMU is the chip, and ends when QEMU lets go of it. */
export function tpmPart({ spec }: CommandPlan): CommandPart {
  if (!spec.config.motherboard.hasTpm) return part('tpm');
  const socket = escapeValue(path.join(spec.folders.runtime, RUNTIME_FILES.tpm));
  return part(
    'tpm',
    ...['-chardev', `socket,id=tpm-chip,path=${socket}`, '-tpmdev', 'emulator,id=tpm,chardev=tpm-chip'],
    ...jsonOption('-device', { driver: TPM_DEVICE, tpmdev: 'tpm' }),
  );
}
