import { hasSavedState, isOnline, isTransient, type MachineState } from '../../shared/machine-state.ts';
import type { SettingsPage } from '../dialogs.ts';

/** The page that holds a field of the configuration, and what the field is called there. First match wins. */
const FIELDS: readonly { prefix: string; page: SettingsPage; label: string }[] = [
  { prefix: 'name', page: 'general', label: 'Name' },
  { prefix: 'osType', page: 'general', label: 'OS type' },
  { prefix: 'group', page: 'general', label: 'Group' },
  { prefix: 'description', page: 'general', label: 'Description' },
  { prefix: 'engine', page: 'general', label: 'Engine' },
  { prefix: 'isTemplate', page: 'general', label: 'Template' },
  { prefix: 'keepsWarmStart', page: 'system', label: 'Warm start' },
  { prefix: 'memoryMiB', page: 'system', label: 'Base Memory' },
  { prefix: 'bootOrder', page: 'system', label: 'Boot Order' },
  { prefix: 'kernelBoot', page: 'system', label: 'Kernel' },
  { prefix: 'processors.capPercent', page: 'processor', label: 'Execution Cap' },
  { prefix: 'processors', page: 'processor', label: 'Processors' },
  { prefix: 'display', page: 'display', label: 'Video Memory' },
  { prefix: 'motherboard.chipset', page: 'system', label: 'Chipset' },
  { prefix: 'motherboard.firmware', page: 'system', label: 'EFI' },
  { prefix: 'motherboard.isSecureBoot', page: 'system', label: 'Secure Boot' },
  { prefix: 'motherboard.hasTpm', page: 'system', label: 'TPM' },
  { prefix: 'motherboard.watchdog', page: 'system', label: 'Watchdog' },
  { prefix: 'motherboard', page: 'system', label: 'Motherboard' },
  { prefix: 'audio', page: 'audio', label: 'Audio' },
  { prefix: 'resources.priority', page: 'processor', label: 'Priority' },
  { prefix: 'resources.idle', page: 'claims', label: 'Idleness' },
  { prefix: 'resources.schedule', page: 'claims', label: 'Calendar' },
  { prefix: 'resources.startOrder', page: 'claims', label: 'Start order' },
  { prefix: 'resources', page: 'claims', label: 'Claims' },
  { prefix: 'storage', page: 'storage', label: 'Drives' },
  { prefix: 'adapters', page: 'network', label: 'Adapters' },
];

export function placeOf(field: string): { page: SettingsPage; label: string } {
  const found = FIELDS.find(({ prefix }) => field === prefix || field.startsWith(`${prefix}.`));
  const number = /^adapters\.(\d+)/.exec(field)?.[1];
  if (number !== undefined) return { page: 'network', label: `Adapter ${Number(number) + 1}` };
  return found ?? { page: 'general', label: field };
}

/** When a field may be changed; the core guards with the same table (field guide §2.5). */
export type Editable = 'always' | 'live' | 'plug' | 'off';

/**
 * | field is | powered off | saved | running, paused |
 * |----------|-------------|-------|-----------------|
 * | `always` | yes         | yes   | yes             |
 * | `live`   | yes         | no    | yes             |
 * | `plug`   | yes         | no    | if its engine can plug hardware |
 * | `off`    | yes         | no    | no              |
 */
export function canEdit(when: Editable, state: MachineState, canPlug = false): boolean {
  if (isTransient(state)) return false;
  if (when === 'always') return true;
  if (hasSavedState(state)) return false;
  return when === 'live' || (when === 'plug' && canPlug) || !isOnline(state);
}

/** Why some fields are greyed, or null when none is. */
export function whyLimited(state: MachineState, canPlug = false): string | null {
  if (isTransient(state)) return 'The machine is busy; nothing can be changed until it is done.';
  if (hasSavedState(state)) {
    return 'The machine has a saved state, which fits the hardware it was saved with: only names and the execution cap can be changed.';
  }
  if (isOnline(state) && canPlug) {
    return 'The machine is running: names, claims, the execution cap, discs, networks, disks on VirtIO and SCSI controllers, network adapters and processors can be changed now, the rest when it is powered off.';
  }
  if (isOnline(state)) {
    return 'The machine is running: names, the execution cap, discs and networks can be changed now, the rest when it is powered off.';
  }
  return null;
}
