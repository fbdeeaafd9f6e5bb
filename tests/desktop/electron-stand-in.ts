import { EventEmitter } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';

/**
 * A small stand-in for the module `electron`: what the desktop entry uses of it, with the same behaviour where the entry
 * relies on it. The true runtime is not available where these tests run.
 */

/** As Electron's own: messages come as events with `data`, and only after `start`. */
class StandInPort extends EventEmitter {
  readonly #port: MessagePort;

  constructor(port: MessagePort) {
    super();
    this.#port = port;
    port.on('close', () => this.emit('close'));
  }

  postMessage(message: unknown): void {
    this.#port.postMessage(message);
  }

  start(): void {
    if (this.#port.listenerCount('message') === 0)
      this.#port.on('message', (data: unknown) => this.emit('message', { data }));
  }

  close(): void {
    this.#port.close();
  }
}

export class MessageChannelMain {
  readonly port1: StandInPort;
  /** Goes to the page, where it is an ordinary message port. */
  readonly port2: MessagePort;

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port1 = new StandInPort(port1);
    this.port2 = port2;
  }
}

/** A page in a frame, as the desktop sees it: its address, and a way to post to it. */
export class StandInFrame {
  readonly url: string;
  readonly received: { channel: string; name: string; port: MessagePort }[] = [];

  constructor(url: string) {
    this.url = url;
  }

  postMessage(channel: string, name: string, ports: MessagePort[]): void {
    const [port] = ports;
    if (port) this.received.push({ channel, name, port });
  }
}

type Handler = (event: { senderFrame: StandInFrame; sender: object }, ...args: unknown[]) => unknown;

class StandInIpcMain {
  readonly listeners = new Map<string, Handler>();

  on(channel: string, handler: Handler): void {
    this.listeners.set(channel, handler);
  }

  handle(channel: string, handler: Handler): void {
    this.listeners.set(channel, handler);
  }

  /** What the page's preload script sends. */
  receive(channel: string, frame: StandInFrame, ...args: unknown[]): unknown {
    return this.listeners.get(channel)?.({ senderFrame: frame, sender: {} }, ...args);
  }
}

export const ipcMain = new StandInIpcMain();

type NavigationListener = (event: { url: string; preventDefault(): void }) => void;

class StandInWebContents {
  windowOpenHandler: (() => { action: string }) | undefined;
  readonly listeners = new Map<string, NavigationListener>();

  setWindowOpenHandler(handler: () => { action: string }): void {
    this.windowOpenHandler = handler;
  }

  on(name: string, listener: NavigationListener): void {
    this.listeners.set(name, listener);
  }

  /** Whether the page would get to this address. */
  navigates(url: string, name = 'will-navigate'): boolean {
    let isPrevented = false;
    this.listeners.get(name)?.({ url, preventDefault: () => (isPrevented = true) });
    return !isPrevented;
  }
}

export class BrowserWindow extends EventEmitter {
  static readonly opened: BrowserWindow[] = [];
  readonly webContents = new StandInWebContents();
  readonly options: { webPreferences: Record<string, unknown> };
  url = '';
  isShown = false;
  timesFocused = 0;

  constructor(options: { webPreferences: Record<string, unknown> }) {
    super();
    this.options = options;
    BrowserWindow.opened.push(this);
  }

  static fromWebContents(): BrowserWindow | undefined {
    return BrowserWindow.opened.at(-1);
  }

  async loadURL(url: string): Promise<void> {
    this.url = url;
    this.emit('ready-to-show');
  }

  show(): void {
    this.isShown = true;
  }

  focus(): void {
    this.timesFocused += 1;
  }

  isMinimized(): boolean {
    return false;
  }

  isDestroyed(): boolean {
    return false;
  }
}

/** The life of the program: `quit` asks `before-quit` first, as Electron does. */
class StandInApp extends EventEmitter {
  isFirstInstance = true;
  isSandboxed = false;
  exitCode: number | undefined;

  requestSingleInstanceLock(): boolean {
    return this.isFirstInstance;
  }

  enableSandbox(): void {
    this.isSandboxed = true;
  }

  async whenReady(): Promise<void> {}

  quit(): void {
    let isPrevented = false;
    this.emit('before-quit', { preventDefault: () => (isPrevented = true) });
    if (!isPrevented) this.exit(0);
  }

  exit(code: number): void {
    this.exitCode = code;
    this.emit('stand-in:exit', code);
  }
}

export const app = new StandInApp();

type PermissionAnswer = (isGranted: boolean) => void;

export const session = {
  defaultSession: {
    requestHandler: undefined as
      | ((contents: unknown, permission: string, answer: PermissionAnswer) => void)
      | undefined,
    checkHandler: undefined as ((contents: unknown, permission: string) => boolean) | undefined,
    setPermissionRequestHandler(
      handler: (contents: unknown, permission: string, answer: PermissionAnswer) => void,
    ): void {
      this.requestHandler = handler;
    },
    setPermissionCheckHandler(handler: (contents: unknown, permission: string) => boolean): void {
      this.checkHandler = handler;
    },
  },
};

export const protocol = {
  handlers: new Map<string, (request: Request) => Promise<Response>>(),
  registerSchemesAsPrivileged(): void {},
  handle(scheme: string, handler: (request: Request) => Promise<Response>): void {
    this.handlers.set(scheme, handler);
  },
};

export const dialog = {
  /** What the person will choose next; undefined cancels. */
  choice: undefined as string | undefined,
  shown: [] as { kind: string; options: unknown }[],
  async showOpenDialog(_window: unknown, options: unknown) {
    this.shown.push({ kind: 'open', options });
    return { canceled: this.choice === undefined, filePaths: this.choice === undefined ? [] : [this.choice] };
  },
  async showSaveDialog(_window: unknown, options: unknown) {
    this.shown.push({ kind: 'save', options });
    return { canceled: this.choice === undefined, filePath: this.choice ?? '' };
  },
  showErrorBox(title: string, content: string): void {
    this.shown.push({ kind: 'error', options: { title, content } });
  },
};

export const Menu = {
  current: undefined as unknown,
  buildFromTemplate: (template: unknown) => template,
  setApplicationMenu(menu: unknown): void {
    Menu.current = menu;
  },
};

/** What the preload script sees of Electron. */
export const ipcRenderer = Object.assign(new EventEmitter(), {
  sent: [] as unknown[][],
  send(...message: unknown[]): void {
    ipcRenderer.sent.push(message);
  },
  async invoke(...message: unknown[]): Promise<string> {
    ipcRenderer.sent.push(message);
    return '/chosen';
  },
});

export const contextBridge = {
  exposed: {} as Record<string, unknown>,
  exposeInMainWorld(name: string, value: unknown): void {
    this.exposed[name] = value;
  },
};
