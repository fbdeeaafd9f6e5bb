import type { ClientContext, ClientLink } from '@orpc/client';
import { RPCLink as MessagePortLink } from '@orpc/client/message-port';
import { RPCLink as WebSocketLink } from '@orpc/client/websocket';
import type { DesktopBridge } from '../shared/desktop-bridge.ts';
import { api, setLink } from './api.ts';
import { contractPort, desktopBridge } from './desktop.ts';
import { loadEngines } from './engines.ts';
import { noticeSleep } from './idle-notice.ts';
import { noticeCaptureEnd } from './networks/capture-notice.ts';
import { observable } from './observable.ts';
import { apply, world } from './store.ts';
import { socketUrl } from './urls.ts';
import { addSample, usageSamples } from './usage-store.ts';

/**
 * How the window stands with the core. `lost` counts the attempts since the connection broke; `isStranger`: a core
 * answers, but it was started anew and does not know this window's token.
 */
export type ConnectionStatus =
  | { kind: 'connecting' }
  | { kind: 'connected' }
  | { kind: 'lost'; attempt: number; isStranger: boolean };

export const connectionStatus = observable<ConnectionStatus>({ kind: 'connecting' });

/** One open way to the core. `closed` settles when it has broken. */
interface Line {
  link: ClientLink<ClientContext>;
  closed: Promise<void>;
  close(): void;
}

const LONGEST_WAIT_MS = 4000;

/**
 * Connects, keeps the stores up to date, and does so again each time the connection breaks, for as long as the window
 * lives. Reconnecting is subscribing anew: the stream opens with a snapshot, so nothing can have been missed.
 */
export async function keepConnected(): Promise<never> {
  for (let attempt = 1; ; attempt += 1) {
    const line = await openLine().catch(() => undefined);
    if (line !== undefined && (await follow(line))) attempt = 1;
    connectionStatus.set({ kind: 'lost', attempt, isStranger: line === undefined && (await isStranger()) });
    await waitForRetry(Math.min(250 * 2 ** (attempt - 1), LONGEST_WAIT_MS));
  }
}

/** Follows world and usage until the line breaks; true when the opening snapshot had come. */
async function follow(line: Line): Promise<boolean> {
  let hasOpened = false;
  const followWorld = async () => {
    for await (const event of await api.events.subscribe({})) {
      noticeSleep(world.get(), event);
      noticeCaptureEnd(world.get(), event);
      world.update((now) => apply(now, event));
      if (event.kind !== 'snapshot') continue;
      hasOpened = true;
      connectionStatus.set({ kind: 'connected' });
      void loadEngines();
    }
  };
  const followUsage = async () => {
    for await (const sample of await api.usage.subscribe({})) {
      usageSamples.update((now) => addSample(now, sample));
    }
  };
  setLink(line.link);
  // Whichever ends first ends the line: a broken stream and a broken socket are the same to the window.
  await Promise.race([followWorld(), followUsage(), line.closed]).catch(() => undefined);
  setLink(undefined);
  line.close();
  return hasOpened;
}

function openLine(): Promise<Line> {
  const bridge = desktopBridge();
  return bridge === undefined ? openSocket() : openPort(bridge);
}

async function openPort(bridge: DesktopBridge): Promise<Line> {
  const port = await contractPort(bridge);
  const closed = new Promise<void>((resolve) => port.addEventListener('close', () => resolve(), { once: true }));
  port.start();
  return { link: new MessagePortLink({ port }), closed, close: () => port.close() };
}

function openSocket(): Promise<Line> {
  const socket = new WebSocket(socketUrl('/rpc'));
  return new Promise((resolve, reject) => {
    socket.addEventListener('error', () => reject(new Error('The WebSocket could not be opened.')), { once: true });
    socket.addEventListener('open', () => {
      const closed = new Promise<void>((done) => socket.addEventListener('close', () => done(), { once: true }));
      resolve({ link: new WebSocketLink({ websocket: socket }), closed, close: () => socket.close() });
    });
  });
}

/** Whether a core answers and refuses this window; a WebSocket that fails does not say why. */
async function isStranger(): Promise<boolean> {
  if (desktopBridge() !== undefined) return false;
  const answer = await fetch('/api/core', { cache: 'no-store' }).catch(() => undefined);
  return answer?.status === 401;
}

/** Waits out the pause, or less when the system says that the network is back or the window is looked at again. */
function waitForRetry(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      window.removeEventListener('online', finish);
      window.removeEventListener('focus', finish);
      resolve();
    };
    const timer = setTimeout(finish, delayMs);
    window.addEventListener('online', finish);
    window.addEventListener('focus', finish);
  });
}
