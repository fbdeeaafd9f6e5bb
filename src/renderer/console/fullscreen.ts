import { useEffect, useState } from 'react';

/** Part of the Keyboard Lock draft: Chromium has it, TypeScript's library does not. */
interface KeyboardLock {
  lock(): Promise<void>;
  unlock(): void;
}

function keyboardLock(): KeyboardLock | undefined {
  return (navigator as Navigator & { keyboard?: KeyboardLock }).keyboard;
}

/** Fills the screen with the element, or gives it back. In full screen Esc and Alt+Tab go to the guest where they may. */
export async function toggleFullscreen(element: HTMLElement | null): Promise<void> {
  if (document.fullscreenElement !== null) {
    keyboardLock()?.unlock();
    await document.exitFullscreen();
    return;
  }
  await element?.requestFullscreen();
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
