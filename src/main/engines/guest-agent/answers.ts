import * as z from 'zod';

/** Answers of the QEMU guest agent, as far as they are used (QEMU Guest Agent Protocol Reference, 7.2). */
const word = z.string().max(1000).nullable().default(null).catch(null);

export const AgentInfo = z.object({ version: word });

export const OsInfo = z.object({ 'pretty-name': word, name: word, 'kernel-release': word }).partial();

export const HostName = z.object({ 'host-name': word });

export const Interfaces = z
  .array(
    z.object({
      name: z.string().max(200),
      'hardware-address': word,
      'ip-addresses': z
        .array(z.object({ 'ip-address': z.string().max(100) }))
        .max(1000)
        .default([]),
    }),
  )
  .max(1000);

export const Started = z.object({ pid: z.number() });

export const ProcessStatus = z.object({
  exited: z.boolean(),
  exitcode: z.number().optional(),
  signal: z.number().optional(),
  'out-data': z.base64().optional(),
  'err-data': z.base64().optional(),
  'out-truncated': z.boolean().default(false),
  'err-truncated': z.boolean().default(false),
});

export const FreezeStatus = z.enum(['thawed', 'frozen']);

export const Count = z.number().int().nonnegative();
