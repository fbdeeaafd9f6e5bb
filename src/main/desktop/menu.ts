import { Menu } from 'electron';

/**
 * On macOS an application without a menu has no copy and paste. Elsewhere there is none: its shortcuts (Ctrl+W, Alt, F11)
 * would be taken from the guest in the console.
 */
export function setMenu(platform: NodeJS.Platform): void {
  const isMac = platform === 'darwin';
  Menu.setApplicationMenu(
    isMac ? Menu.buildFromTemplate([{ role: 'appMenu' }, { role: 'editMenu' }, { role: 'windowMenu' }]) : null,
  );
}
