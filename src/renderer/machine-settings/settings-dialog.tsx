import type { Machine } from '../../shared/model/machine.ts';
import type { SettingsPage } from '../dialogs.ts';

export function SettingsDialog(_: { machine: Machine; page: SettingsPage; onClose(): void }) {
  return null;
}
