import RFB from '@novnc/novnc';
import type { MachineId } from '../../shared/model/machine.ts';
import { type ByteChannel, keepOpen, openByteChannel } from './console-channel.ts';

export interface ScreenListener {
  /** The viewer of the present connection, or null while there is none. */
  onViewer(viewer: RFB | null): void;
  /** The guest's picture has this many pixels now. */
  onSize(width: number, height: number): void;
}

/** Shows the screen of a machine inside `target` and reconnects by itself, until `signal` aborts. */
export function connectScreen(
  target: HTMLElement,
  machine: { id: MachineId; name: string },
  listener: ScreenListener,
  signal: AbortSignal,
): void {
  void keepOpen(
    () => openByteChannel(machine.id, 'screen'),
    (channel) => showUntilClosed(target, machine.name, channel, listener, signal),
    signal,
  );
}

function showUntilClosed(
  target: HTMLElement,
  name: string,
  channel: ByteChannel,
  listener: ScreenListener,
  signal: AbortSignal,
): Promise<void> {
  // noVNC takes anything with the eight members of a WebSocket that it uses; its typings know two classes of them.
  const viewer = new RFB(target, channel as WebSocket, { shared: true });
  viewer.background = 'transparent';
  viewer.focusOnClick = true;
  viewer.qualityLevel = 9;
  const canvas = target.querySelector('canvas');
  const stopWatching = canvas === null ? () => undefined : prepareCanvas(canvas, name, listener);
  const disconnect = () => viewer.disconnect();
  signal.addEventListener('abort', disconnect, { once: true });
  viewer.addEventListener('connect', () => listener.onViewer(viewer));
  return new Promise((resolve) => {
    viewer.addEventListener('disconnect', () => {
      signal.removeEventListener('abort', disconnect);
      stopWatching();
      listener.onViewer(null);
      resolve();
    });
  });
}

/** Gives the canvas its accessible name and tells of each change of its size. */
function prepareCanvas(canvas: HTMLCanvasElement, name: string, listener: ScreenListener): () => void {
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `Screen of ${name}`);
  canvas.tabIndex = 0;
  const observer = new MutationObserver(() => listener.onSize(canvas.width, canvas.height));
  observer.observe(canvas, { attributes: true, attributeFilter: ['width', 'height'] });
  return () => observer.disconnect();
}
