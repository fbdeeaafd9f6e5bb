import { type BrowserWindow, dialog } from 'electron';
import type { FileDialogOptions } from '../../shared/desktop-bridge.ts';
import { toErrorReport } from '../../shared/errors.ts';

/** Shows the system's dialog over the window; null when the person changed their mind. */
export async function openFileDialog(window: BrowserWindow, options: FileDialogOptions): Promise<string | null> {
  const { mode = 'open', title, defaultPath, filters } = options;
  const common = {
    ...(title === undefined ? {} : { title }),
    ...(defaultPath === undefined ? {} : { defaultPath }),
    ...(filters === undefined ? {} : { filters }),
  };
  if (mode === 'save') {
    const { canceled, filePath } = await dialog.showSaveDialog(window, common);
    return canceled ? null : filePath;
  }
  const { canceled, filePaths } = await dialog.showOpenDialog(window, {
    ...common,
    properties: [mode === 'folder' ? 'openDirectory' : 'openFile'],
  });
  return canceled ? null : (filePaths[0] ?? null);
}

/** Tells why the program cannot start, when there is no window yet to tell it in. */
export function showFailure(error: unknown): void {
  const { message, hint } = toErrorReport(error);
  dialog.showErrorBox('Innkeeper cannot start', hint ? `${message}\n\n${hint}` : message);
}
