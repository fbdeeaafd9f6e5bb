import * as z from 'zod';
import { call, MachineRef, Nothing } from './contract-call.ts';

export const ScreenshotOutput = z.object({
  width: z.int().positive(),
  height: z.int().positive(),
  pngBase64: z.string(),
});

export const ConsoleChannel = z.enum(['screen', 'serial']);
export type ConsoleChannel = z.infer<typeof ConsoleChannel>;

/** What a person does at the screen and the keyboard of a machine. */
export const consoleCalls = {
  type: call
    .route({
      method: 'POST',
      path: '/machines/{machine}/type',
      summary: 'Type text on the keyboard of the guest',
      tags: ['machine'],
    })
    .input(z.object({ machine: MachineRef, text: z.string().max(100_000) }))
    .output(Nothing),
  sendKeys: call
    .route({
      method: 'POST',
      path: '/machines/{machine}/send-keys',
      summary: 'Press a combination of keys, such as ctrl-alt-delete',
      tags: ['machine'],
    })
    .input(
      z.object({
        machine: MachineRef,
        keys: z.array(z.string()).min(1).max(8).describe('QEMU key names (QKeyCode), pressed together'),
      }),
    )
    .output(Nothing),
  screenshot: call
    .route({ method: 'GET', path: '/machines/{machine}/screenshot', summary: 'The screen as PNG', tags: ['machine'] })
    .input(z.object({ machine: MachineRef }))
    .output(ScreenshotOutput),
  openConsole: call
    .route({
      method: 'POST',
      path: '/machines/{machine}/console',
      summary: 'A ticket for the byte stream of screen (RFB) or serial port',
      tags: ['machine'],
    })
    .input(z.object({ machine: MachineRef, channel: ConsoleChannel }))
    .output(
      z.object({
        ticket: z.string(),
        path: z.string().describe('Path of the WebSocket that takes the ticket, once, within 30 s'),
      }),
    ),
};
