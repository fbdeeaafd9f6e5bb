import { consolePort, type DesktopBridge, RPC_PORT } from '../shared/desktop-bridge.ts';

declare global {
  interface Window {
    /** Present in the desktop window only; the browser window does without. */
    innkeeper?: DesktopBridge;
  }
}

/** What the desktop window offers, or undefined in a browser. */
export function desktopBridge(): DesktopBridge | undefined {
  return window.innkeeper;
}

const PORT_TIMEOUT_MS = 10_000;

/** Asks the desktop for a port that speaks the contract. */
export function contractPort(bridge: DesktopBridge): Promise<MessagePort> {
  return portNamed(RPC_PORT, () => bridge.connect());
}

/** Asks the desktop for the byte stream behind a console ticket. */
export function consoleStreamPort(bridge: DesktopBridge, ticket: string): Promise<MessagePort> {
  return portNamed(consolePort(ticket), () => bridge.openConsole(ticket));
}

/** The port that arrives by `window.postMessage` under this name after `ask`. Rejects when none comes in time. */
function portNamed(name: string, ask: () => void): Promise<MessagePort> {
  return new Promise((resolve, reject) => {
    const finish = () => {
      clearTimeout(timer);
      window.removeEventListener('message', receive);
    };
    const receive = (event: MessageEvent) => {
      const port = event.source === window && event.data === name ? event.ports[0] : undefined;
      if (port === undefined) return;
      finish();
      resolve(port);
    };
    const timer = setTimeout(() => {
      finish();
      reject(new Error('The desktop did not hand over a port.'));
    }, PORT_TIMEOUT_MS);
    window.addEventListener('message', receive);
    ask();
  });
}
