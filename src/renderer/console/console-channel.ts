import type { ConsoleChannel } from '../../shared/console-contract.ts';
import type { MachineId } from '../../shared/model/machine.ts';
import { PortChannel } from '../../shared/port-channel.ts';
import { api } from '../api.ts';
import { consoleStreamPort, desktopBridge } from '../desktop.ts';
import { socketUrl } from '../urls.ts';

/** A byte stream to a machine, in the shape of a WebSocket whichever way it goes. */
export type ByteChannel = WebSocket | PortChannel;

/** Opens the byte stream of the screen (RFB) or of the serial port. Rejects with what the core says. */
export async function openByteChannel(machine: MachineId, channel: ConsoleChannel): Promise<ByteChannel> {
  const { ticket, path } = await api.machine.openConsole({ machine, channel });
  const bridge = desktopBridge();
  if (bridge !== undefined) return new PortChannel(await consoleStreamPort(bridge, ticket));
  const socket = new WebSocket(socketUrl(path));
  socket.binaryType = 'arraybuffer';
  return socket;
}

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 3000;

/**
 * Keeps a channel open until `signal` aborts: `use` takes each new one and resolves when it has ended. Channels that end
 * at once are tried again ever more slowly.
 */
export async function keepOpen(
  open: () => Promise<ByteChannel>,
  use: (channel: ByteChannel) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    const startedAt = performance.now();
    try {
      const channel = await open();
      if (signal.aborted) channel.close();
      else await use(channel);
    } catch {
      // The machine may be on its way up or down; its state is on screen, and the next try tells.
    }
    pauseMs =
      performance.now() - startedAt > LONGEST_PAUSE_MS ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    await pause(pauseMs, signal);
  }
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, delayMs);
    if (signal.aborted) finish();
    else signal.addEventListener('abort', finish);
  });
}
