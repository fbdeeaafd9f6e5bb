import { contextBridge, ipcRenderer } from 'electron';
import type { DesktopBridge } from '../shared/desktop-bridge.ts';
import { CHANNELS } from './desktop/ipc-channels.ts';

/** The page's window, of which this script needs no more; DOM types are not part of the core's world. */
declare const window: {
  location: { origin: string };
  postMessage(data: string, origin: string, ports: unknown[]): void;
};

const bridge: DesktopBridge = {
  platform: process.platform,
  connect: () => ipcRenderer.send(CHANNELS.connect),
  openConsole: (ticket) => ipcRenderer.send(CHANNELS.openConsole, ticket),
  openFileDialog: (options) => ipcRenderer.invoke(CHANNELS.openFileDialog, options),
};

// A port cannot pass the context bridge; it can be posted to the page.
ipcRenderer.on(CHANNELS.port, (event, name: string) => window.postMessage(name, window.location.origin, event.ports));

contextBridge.exposeInMainWorld('innkeeper', bridge);
