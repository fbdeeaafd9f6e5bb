import * as z from 'zod';
import { call, MachineRef } from './contract-call.ts';

export const GuestInterface = z.object({
  name: z.string(),
  macAddress: z.string().nullable(),
  /** IPv4 and IPv6; without loopback. */
  addresses: z.array(z.string()),
});
export type GuestInterface = z.infer<typeof GuestInterface>;

/** What is known of the system in a machine, mostly by the word of its agent. Null: nobody says. */
export const GuestInfo = z.object({
  isAgentConnected: z.boolean(),
  /** Why nothing comes from an agent, and what to do about it; null when one answers. */
  agentReason: z.string().nullable(),
  agentVersion: z.string().nullable(),
  osName: z.string().nullable(),
  kernel: z.string().nullable(),
  hostname: z.string().nullable(),
  /** Of all interfaces, in their order. */
  addresses: z.array(z.string()),
  interfaces: z.array(GuestInterface),
  memory: z.object({
    /** What the balloon leaves to the guest, in bytes; null: no balloon. */
    balloonBytes: z.int().nonnegative().nullable(),
    /** What the guest calls available, in bytes. */
    freeBytes: z.int().nonnegative().nullable(),
  }),
});
export type GuestInfo = z.infer<typeof GuestInfo>;

const MAX_INPUT_BASE64 = 4 * 1024 ** 2;

export const GuestExecInput = z.object({
  machine: MachineRef,
  argv: z
    .array(z.string().max(100_000))
    .min(1)
    .max(1000)
    .describe('The program and its arguments, as they are: no shell takes them apart'),
  inputBase64: z.base64().max(MAX_INPUT_BASE64).default('').describe('What the program reads from its standard input'),
  timeoutMs: z.int().min(100).max(3_600_000).default(30_000),
});

export const GuestExecOutput = z.object({
  /** Null when a signal ended the program. */
  exitCode: z.int().nullable(),
  signal: z.int().nullable(),
  outputBase64: z.string(),
  errorOutputBase64: z.string(),
  /** There was more output than the agent keeps. */
  isTruncated: z.boolean(),
});
export type GuestExecOutput = z.infer<typeof GuestExecOutput>;

/** The calls on what runs in a machine, a part of the contract's `machine`. */
export const guestCalls = {
  guest: call
    .route({
      method: 'GET',
      path: '/machines/{machine}/guest',
      summary: 'What the guest says of itself: system, name, addresses, memory',
      tags: ['machine'],
    })
    .input(z.object({ machine: MachineRef }))
    .output(GuestInfo),
  exec: call
    .route({
      method: 'POST',
      path: '/machines/{machine}/exec',
      summary: 'Run a program in the guest, by its agent',
      tags: ['machine'],
    })
    .input(GuestExecInput)
    .output(GuestExecOutput),
};
