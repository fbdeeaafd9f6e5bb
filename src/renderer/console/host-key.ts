export interface HostKeyHandlers {
  /** The host key was pressed and let go alone: keyboard and mouse go back to the window. */
  onRelease(): void;
  /** The host key with another key, named as in `KeyboardEvent.code`. */
  onCombination(code: string): void;
}

/** The key that the guest never gets: right Ctrl, by the field's custom. */
export const HOST_KEY_CODE = 'ControlRight';

/** Takes the host key and its combinations from everything inside `element`; returns how to stop. */
export function listenForHostKey(element: HTMLElement, handlers: HostKeyHandlers): () => void {
  let isDown = false;
  let wasCombined = false;
  const take = (event: KeyboardEvent) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.code === HOST_KEY_CODE) {
      take(event);
      if (!event.repeat) wasCombined = false;
      isDown = true;
    } else if (isDown) {
      take(event);
      wasCombined = true;
      if (!event.repeat) handlers.onCombination(event.code);
    }
  };
  const onKeyUp = (event: KeyboardEvent) => {
    if (event.code !== HOST_KEY_CODE) return;
    take(event);
    if (isDown && !wasCombined) handlers.onRelease();
    isDown = false;
  };
  const forget = () => {
    isDown = false;
  };
  // In the capture phase, so that the viewer's own listeners on the canvas come after.
  element.addEventListener('keydown', onKeyDown, { capture: true });
  element.addEventListener('keyup', onKeyUp, { capture: true });
  window.addEventListener('blur', forget);
  return () => {
    element.removeEventListener('keydown', onKeyDown, { capture: true });
    element.removeEventListener('keyup', onKeyUp, { capture: true });
    window.removeEventListener('blur', forget);
  };
}
