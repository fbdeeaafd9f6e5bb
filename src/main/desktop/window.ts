import { BrowserWindow, session } from 'electron';

export interface WindowOptions {
  /** Address of the window's page. */
  url: string;
  /** File of the preload script; without one the page is on its own, as in a browser. */
  preload?: string;
}

/** What the console needs of the system. Camera, place, notifications and all the rest are refused. */
const ALLOWED_PERMISSIONS: readonly string[] = [
  'fullscreen',
  'keyboardLock',
  'pointerLock',
  'clipboard-sanitized-write',
];

/** Opens the one window. It shows `url` and can neither go elsewhere nor open further windows. */
export function openWindow({ url, preload }: WindowOptions): BrowserWindow {
  const window = new BrowserWindow({
    width: 1280,
    height: 860,
    minWidth: 720,
    minHeight: 480,
    show: false,
    title: 'Innkeeper',
    webPreferences: {
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      ...(preload === undefined ? {} : { preload }),
    },
  });
  keepAtHome(window, url);
  window.once('ready-to-show', () => window.show());
  void window.loadURL(url);
  return window;
}

function keepAtHome(window: BrowserWindow, url: string): void {
  const { webContents } = window;
  webContents.setWindowOpenHandler(() => ({ action: 'deny' }));
  webContents.on('will-navigate', (event) => {
    if (!isSamePlace(event.url, url)) event.preventDefault();
  });
  webContents.on('will-attach-webview', (event) => event.preventDefault());
}

/** Whether both addresses belong to one page. (`URL.origin` is `null` for schemes that Node does not know.) */
export function isSamePlace(a: string, b: string): boolean {
  if (!URL.canParse(a) || !URL.canParse(b)) return false;
  const [first, second] = [new URL(a), new URL(b)];
  return first.protocol === second.protocol && first.host === second.host;
}

/** Refuses every permission but the few that the console needs. */
export function refusePermissions(): void {
  const isAllowed = (permission: string) => ALLOWED_PERMISSIONS.includes(permission);
  session.defaultSession.setPermissionRequestHandler((_contents, permission, answer) => answer(isAllowed(permission)));
  session.defaultSession.setPermissionCheckHandler((_contents, permission) => isAllowed(permission));
}
