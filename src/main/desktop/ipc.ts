import type { MessagePortMainLike } from '@orpc/client/message-port';
import { RPCHandler } from '@orpc/server/message-port';
import {
  BrowserWindow,
  type IpcMainEvent,
  type IpcMainInvokeEvent,
  ipcMain,
  MessageChannelMain,
  type MessagePortMain,
} from 'electron';
import * as z from 'zod';
import { consolePort, RPC_PORT } from '../../shared/desktop-bridge.ts';
import { toErrorReport } from '../../shared/errors.ts';
import { joinPortAndChannel, type ServerPort } from '../api/console-port.ts';
import { isRpcMessage } from '../api/rpc-message.ts';
import type { CoreApi } from '../api/serve-core.ts';
import { openFileDialog } from './dialogs.ts';
import { CHANNELS } from './ipc-channels.ts';
import { isSamePlace } from './window.ts';

const FileDialogInput = z.object({
  title: z.string().optional(),
  defaultPath: z.string().optional(),
  filters: z.array(z.object({ name: z.string(), extensions: z.array(z.string()) })).optional(),
  mode: z.enum(['open', 'save', 'folder']).optional(),
});

/**
 * Gives the window its ports: one that speaks the contract, and one for each console. Messages of any page but `pageUrl`
 * are ignored. A port ends with the page that asked for it, and its calls and streams with it.
 */
export function serveWindow({ router, tickets }: Pick<CoreApi, 'router' | 'tickets'>, pageUrl: string): void {
  const handler = new RPCHandler(router);
  const isOwn = (event: IpcMainEvent | IpcMainInvokeEvent) => isSamePlace(event.senderFrame?.url ?? '', pageUrl);

  ipcMain.on(CHANNELS.connect, (event) => {
    if (!isOwn(event)) return;
    const port = sendPort(event, RPC_PORT);
    handler.upgrade(onlyRpcMessages(port));
    port.start();
  });

  ipcMain.on(CHANNELS.openConsole, (event, ticket: unknown) => {
    if (!isOwn(event) || typeof ticket !== 'string') return;
    const port = toServerPort(sendPort(event, consolePort(ticket)));
    tickets.redeem(ticket).then(
      (channel) => joinPortAndChannel(port, channel),
      (error: unknown) => {
        port.postMessage({ closed: toErrorReport(error).message });
        port.close();
      },
    );
  });

  ipcMain.handle(CHANNELS.openFileDialog, (event, options: unknown) => {
    const window = BrowserWindow.fromWebContents(event.sender);
    if (!isOwn(event) || !window) return null;
    const { title, defaultPath, filters, mode } = FileDialogInput.parse(options);
    return openFileDialog(window, {
      ...(title === undefined ? {} : { title }),
      ...(defaultPath === undefined ? {} : { defaultPath }),
      ...(filters === undefined ? {} : { filters }),
      ...(mode === undefined ? {} : { mode }),
    });
  });
}

/** Makes a channel, sends one end to the page that asked, and returns the other. */
function sendPort(event: IpcMainEvent, name: string): MessagePortMain {
  const { port1, port2 } = new MessageChannelMain();
  event.senderFrame?.postMessage(CHANNELS.port, name, [port2]);
  return port1;
}

/** What is no message of the protocol is dropped: the library would fail on it, and the page's bugs are not the core's. */
function onlyRpcMessages(port: MessagePortMain): MessagePortMainLike {
  return {
    postMessage: (message) => port.postMessage(message),
    on: (event, listener) => {
      if (event === 'close') port.once('close', () => listener());
      else port.on('message', (message) => isRpcMessage(message.data) && listener(message));
    },
  };
}

function toServerPort(port: MessagePortMain): ServerPort {
  return {
    postMessage: (message) => port.postMessage(message),
    onMessage: (listener) => {
      port.on('message', ({ data }) => listener(data));
      port.start();
    },
    onClose: (listener) => port.once('close', listener),
    close: () => port.close(),
  };
}
