/** Which files the dialog offers: a name for the person and extensions without the dot. */
export interface FileFilter {
  name: string;
  extensions: string[];
}

export interface FileDialogOptions {
  title?: string;
  /** Folder or file to begin at. */
  defaultPath?: string;
  filters?: FileFilter[];
  /** `save` asks for a place that may not exist yet. By default `open`. */
  mode?: 'open' | 'save' | 'folder';
}

/**
 * All that the desktop window has beyond a browser's: `window.innkeeper`. The calls of the contract are not here; they
 * go over the port that `connect` asks for.
 */
export interface DesktopBridge {
  /** `process.platform` of the desktop. */
  readonly platform: string;
  /** Asks for a port that speaks the contract. It comes by `window.postMessage(RPC_PORT, …, [port])`. */
  connect(): void;
  /**
   * Asks for the byte stream of a console ticket, to be wrapped in `PortChannel`. It comes by
   * `window.postMessage(consolePort(ticket), …, [port])`.
   */
  openConsole(ticket: string): void;
  /** Shows the system's file dialog; null when the person changed their mind. */
  openFileDialog(options: FileDialogOptions): Promise<string | null>;
}

/** `data` of the window message that brings the port of the contract. */
export const RPC_PORT = 'innkeeper:rpc';

/** `data` of the window message that brings the port of a console. */
export const consolePort = (ticket: string): string => `innkeeper:console:${ticket}`;
