/**
 * Byte streams over a message port, for the consoles of the desktop window. A port has no back pressure of its own, so
 * the reader says how many bytes it has taken, and the writer keeps at most `PORT_WINDOW_BYTES` on the way.
 */
export type PortMessage = Uint8Array | { taken: number } | { closed: string };

/** Bytes that may be on the way and not yet taken. A full screen of 1024×768 at four bytes a pixel fits. */
export const PORT_WINDOW_BYTES = 4 * 1024 * 1024;

/** What is needed of a port; the browser's, Node's and Electron's all have it. */
export interface PortLike {
  postMessage(message: PortMessage): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  start?(): void;
  close(): void;
}

/** Whether a value that came over a port is one of the three messages. */
export function isPortMessage(value: unknown): value is PortMessage {
  if (value instanceof Uint8Array) return true;
  if (typeof value !== 'object' || value === null) return false;
  return (
    ('taken' in value && typeof value.taken === 'number') || ('closed' in value && typeof value.closed === 'string')
  );
}

/**
 * The window's end of such a stream, in the shape of a WebSocket: noVNC takes it in place of one. Bytes that come before
 * `onmessage` is set wait for it.
 */
export class PortChannel {
  binaryType = 'arraybuffer';
  readonly protocol = '';
  readyState: 'open' | 'closed' = 'open';
  onopen: ((event: { type: 'open' }) => void) | null = null;
  onerror: ((event: { type: 'error' }) => void) | null = null;
  onclose: ((event: { type: 'close'; code: number; reason: string; wasClean: boolean }) => void) | null = null;
  readonly #port: PortLike;
  readonly #waiting: ArrayBuffer[] = [];
  #onmessage: ((event: { data: ArrayBuffer }) => void) | null = null;

  constructor(port: PortLike) {
    this.#port = port;
    port.addEventListener('message', ({ data }) => {
      if (isPortMessage(data)) this.#receive(data);
    });
    port.start?.();
  }

  get onmessage(): ((event: { data: ArrayBuffer }) => void) | null {
    return this.#onmessage;
  }

  set onmessage(listener: ((event: { data: ArrayBuffer }) => void) | null) {
    this.#onmessage = listener;
    for (const data of this.#waiting.splice(0)) this.#deliver(data);
  }

  /** Sends bytes. After the end they are dropped, as a WebSocket does. */
  send(data: ArrayBuffer | Uint8Array): void {
    if (this.readyState === 'closed') return;
    this.#port.postMessage(data instanceof Uint8Array ? data.slice() : new Uint8Array(data.slice(0)));
  }

  close(): void {
    if (this.readyState === 'closed') return;
    this.#port.postMessage({ closed: '' });
    this.#end('');
  }

  #receive(message: PortMessage): void {
    if (message instanceof Uint8Array) this.#deliver(toArrayBuffer(message));
    else if ('closed' in message) this.#end(message.closed);
  }

  #deliver(data: ArrayBuffer): void {
    if (this.readyState === 'closed') return;
    if (!this.#onmessage) {
      this.#waiting.push(data);
      return;
    }
    this.#onmessage({ data });
    this.#port.postMessage({ taken: data.byteLength });
  }

  #end(reason: string): void {
    if (this.readyState === 'closed') return;
    this.readyState = 'closed';
    this.#port.close();
    this.onclose?.({ type: 'close', code: reason === '' ? 1000 : 1011, reason, wasClean: reason === '' });
  }
}

function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
