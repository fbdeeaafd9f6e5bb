import { setTimeout as sleep } from 'node:timers/promises';
import type * as z from 'zod';
import { InnError } from '../../../shared/errors.ts';
import type { GuestAgent, GuestCommand, GuestCommandResult, GuestFacts } from '../guest-agent.ts';
import type { AgentLine } from './agent-line.ts';
import { AgentInfo, Count, FreezeStatus, HostName, Interfaces, OsInfo, ProcessStatus, Started } from './answers.ts';

const ANSWER_TIMEOUT_MS = 3_000;
const REFUSAL_TIMEOUT_MS = 1_000;
/** A guest that writes much has to bring it all to its disks first. */
const FREEZE_TIMEOUT_MS = 10_000;
const THAW_TIMEOUT_MS = 10_000;
/** How often a program that runs is looked at: at once, then less and less often. */
const POLL = { firstMs: 20, lastMs: 500 };

/** The QEMU guest agent, which Linux distributions, BSD and Windows have as a package (`qemu-guest-agent`). */
export class QemuGuestAgent implements GuestAgent {
  readonly #line: AgentLine;
  readonly #isPortOpen: () => Promise<boolean>;

  /** @param isPortOpen whether a program in the guest holds the other end; to one that is not there nothing is said */
  constructor(line: AgentLine, isPortOpen: () => Promise<boolean>) {
    this.#line = line;
    this.#isPortOpen = isPortOpen;
  }

  async isConnected(): Promise<boolean> {
    return this.#isPortOpen().catch(() => false);
  }

  async facts(): Promise<GuestFacts> {
    const info = await this.#ask('guest-info', AgentInfo);
    const [os, host, interfaces] = [
      await this.#askIfKnown('guest-get-osinfo', OsInfo),
      await this.#askIfKnown('guest-get-host-name', HostName),
      await this.#askIfKnown('guest-network-get-interfaces', Interfaces),
    ];
    return {
      agentVersion: info.version,
      osName: os?.['pretty-name'] ?? os?.name ?? null,
      kernel: os?.['kernel-release'] ?? null,
      hostname: host?.['host-name'] ?? null,
      interfaces: (interfaces ?? []).filter(({ name }) => name !== 'lo').map(toInterface),
    };
  }

  async execute({ argv: [path, ...arg], input, timeoutMs }: GuestCommand): Promise<GuestCommandResult> {
    const deadline = performance.now() + timeoutMs;
    const { pid } = await this.#ask('guest-exec', Started, {
      ...{ path, arg, 'capture-output': true },
      ...(input.length === 0 ? {} : { 'input-data': Buffer.from(input).toString('base64') }),
    });
    for (let pauseMs = POLL.firstMs; ; pauseMs = Math.min(POLL.lastMs, pauseMs * 2)) {
      const status = await this.#ask('guest-exec-status', ProcessStatus, { pid }, { timeoutMs: 30_000 });
      if (status.exited) return resultOf(status);
      if (performance.now() + pauseMs > deadline) throw stillRuns(path, pid, timeoutMs);
      await sleep(pauseMs);
    }
  }

  /** An agent that agrees says nothing: its guest closes the line in the end, or it refuses. */
  async shutdown(): Promise<void> {
    await this.#ask('guest-ping', undefined);
    await this.#line
      .execute('guest-shutdown', { mode: 'powerdown' }, { timeoutMs: REFUSAL_TIMEOUT_MS })
      .catch((error: unknown) => {
        if (!(error instanceof InnError) || error.code === 'AGENT_FAILED') throw error;
      });
  }

  freeze(): Promise<number> {
    return this.#ask('guest-fsfreeze-freeze', Count, {}, { timeoutMs: FREEZE_TIMEOUT_MS });
  }

  async thaw(): Promise<number> {
    const status = await this.#askIfKnown('guest-fsfreeze-status', FreezeStatus);
    if (status === 'thawed') return 0; // nor are the administrator's own hooks called for nothing
    return this.#ask('guest-fsfreeze-thaw', Count, {}, { timeoutMs: THAW_TIMEOUT_MS });
  }

  async setClock(): Promise<void> {
    await this.#ask('guest-set-time', undefined, { time: Date.now() * 1_000_000 });
  }

  async #ask<T>(
    command: string,
    schema: z.ZodType<T> | undefined,
    args: Record<string, unknown> = {},
    { timeoutMs = ANSWER_TIMEOUT_MS } = {},
  ): Promise<T> {
    if (!(await this.isConnected())) throw agentMissing();
    const answer = await this.#line.execute(command, args, { timeoutMs });
    if (schema === undefined) return undefined as T;
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw new InnError('AGENT_FAILED', `The guest agent answers '${command}' with something that makes no sense.`, {
      details: { command },
      cause: parsed.error,
    });
  }

  /** Older agents know less, and an administrator can forbid commands; undefined then. */
  async #askIfKnown<T>(command: string, schema: z.ZodType<T>): Promise<T | undefined> {
    try {
      return await this.#ask(command, schema);
    } catch (error) {
      if (error instanceof InnError && error.code === 'AGENT_FAILED') return undefined;
      throw error;
    }
  }
}

/** @throws never; the error of a guest without an agent */
export function agentMissing(): InnError {
  return new InnError('AGENT_MISSING', 'No agent answers in the guest.', {
    hint: "Install the package 'qemu-guest-agent' in the guest and start its service; Windows has it among the VirtIO drivers.",
  });
}

function toInterface(found: z.infer<typeof Interfaces>[number]): GuestFacts['interfaces'][number] {
  return {
    name: found.name,
    macAddress: found['hardware-address'],
    addresses: found['ip-addresses'].map((each) => each['ip-address']),
  };
}

function resultOf(status: z.infer<typeof ProcessStatus>): GuestCommandResult {
  const bytes = (data: string | undefined): Uint8Array => Buffer.from(data ?? '', 'base64');
  return {
    exitCode: status.exitcode ?? null,
    signal: status.signal ?? null,
    output: bytes(status['out-data']),
    errorOutput: bytes(status['err-data']),
    isTruncated: status['out-truncated'] || status['err-truncated'],
  };
}

function stillRuns(program: string, pid: number, timeoutMs: number): InnError {
  return new InnError('TIMEOUT', `'${program}' has not ended within ${timeoutMs / 1000} s; it goes on in the guest.`, {
    hint: 'Give it more time with a longer timeout, or end it in the guest.',
    details: { pid },
  });
}
