import type { Machine } from '../../shared/model/machine.ts';
import { api } from '../api.ts';
import { openDialog } from '../dialogs.ts';
import { attempt, notifySuccess } from '../notify.tsx';
import { focusScreen } from '../view.ts';

/** Longer text is shown before it is typed: a guest has no undo. */
const ASKS_ABOVE_CHARACTERS = 200;

/** Presses keys together in the guest, which then has the keyboard: more is likely to follow. */
export function sendKeys(machine: Machine, keys: string[]): Promise<boolean> {
  focusScreen();
  return attempt(() => api.machine.sendKeys({ machine: machine.id, keys }));
}

/** Types the clipboard's text on the guest's keyboard; asks when it is long, has lines, or cannot be read. */
export async function pasteAsKeys(machine: Machine): Promise<void> {
  const text = await navigator.clipboard.readText().catch(() => '');
  if (text !== '' && text.length <= ASKS_ABOVE_CHARACTERS && !text.includes('\n')) {
    focusScreen();
    await attempt(() => api.machine.type({ machine: machine.id, text }));
    return;
  }
  openDialog({ kind: 'typeText', machineId: machine.id, text });
}

/** Saves the guest's screen as a PNG file where the browser puts downloads. */
export async function downloadScreenshot(machine: Machine): Promise<void> {
  await attempt(async () => {
    const { pngBase64, width, height } = await api.machine.screenshot({ machine: machine.id });
    const link = document.createElement('a');
    link.href = `data:image/png;base64,${pngBase64}`;
    link.download = `${machine.config.name} ${fileTime(new Date())}.png`;
    link.click();
    notifySuccess(`Screenshot of '${machine.config.name}' saved (${width} × ${height}).`);
  });
}

/** `2026-04-01 17.05.09`: sorts by time and is a legal file name everywhere. */
function fileTime(at: Date): string {
  const two = (part: number) => String(part).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}.${two(at.getMinutes())}.${two(at.getSeconds())}`;
}
