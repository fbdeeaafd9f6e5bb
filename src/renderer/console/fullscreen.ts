import { useEffect, useState } from 'react';

/** Part of the Keyboard Lock draft: Chromium has it, TypeScript's library does not. */
interface KeyboardLock {
  lock(): Promise<void>;
  unlock(): void;
}

function keyboardLock(): KeyboardLock | undefined {
  return (navigator as Navigator & { keyboard?: KeyboardLock }).keyboard;
}

/**
 * Fills the screen with the window, or gives it back; the console then covers the rest by its style. The whole page goes
 * full screen, not the console alone: menus and dialogs live elsewhere in the page and would not be seen. In full screen
 * Esc and Alt+Tab go to the guest where the browser allows it.
 */
export async function toggleFullscreen(): Promise<void> {
  if (document.fullscreenElement !== null) {
    keyboardLock()?.unlock();
    await document.exitFullscreen();
    return;
  }
  await document.documentElement.requestFullscreen();
  // Refused where the page may not lock keys; full screen works without.
  await keyboardLock()
    ?.lock()
    .catch(() => undefined);
}

export function useIsFullscreen(): boolean {
  const [isFull, setFull] = useState(document.fullscreenElement !== null);
  useEffect(() => {
    const update = () => setFull(document.fullscreenElement !== null);
    document.addEventListener('fullscreenchange', update);
    return () => document.removeEventListener('fullscreenchange', update);
  }, []);
  return isFull;
}
