import { type ClientContext, type ClientLink, createORPCClient, mapEventIterator } from '@orpc/client';
import type { ContractRouterClient } from '@orpc/contract';
import { toInnError, unreachable } from '../../shared/client-errors.ts';
import type { Contract } from '../../shared/contract.ts';
import type { InnError } from '../../shared/errors.ts';

/** The core, as the contract describes it. Every failure is an `InnError`. */
export type InnClient = ContractRouterClient<Contract>;

export interface ClientOptions {
  /** Whether the connection stands; a call that fails without it is `CORE_UNREACHABLE`, whatever the link made of it. */
  isConnected?: () => boolean;
}

/**
 * Makes a client of any transport's link, with the same behaviour over all of them: failures are `InnError`s, and an
 * event stream whose signal is aborted ends instead of failing.
 */
export function createInnClient(link: ClientLink<ClientContext>, options: ClientOptions = {}): InnClient {
  const toError = (thrown: unknown, signal: AbortSignal | undefined): InnError => {
    const isLost = options.isConnected?.() === false && !signal?.aborted;
    return isLost ? unreachable(thrown) : toInnError(thrown);
  };
  return createORPCClient<InnClient>({
    async call(path, input, callOptions) {
      const { signal } = callOptions;
      try {
        const output = await link.call(path, input, callOptions);
        return isAsyncIterator(output) ? mapStream(output, signal, toError) : output;
      } catch (thrown) {
        throw toError(thrown, signal);
      }
    },
  });
}

function mapStream(
  stream: AsyncIterator<unknown>,
  signal: AbortSignal | undefined,
  toError: (thrown: unknown, signal: AbortSignal | undefined) => InnError,
): AsyncIterator<unknown> {
  const untilAborted: AsyncIterator<unknown> = {
    async next() {
      try {
        return await stream.next();
      } catch (error) {
        if (signal?.aborted) return { done: true, value: undefined };
        throw error;
      }
    },
    return: async () => (await stream.return?.()) ?? { done: true, value: undefined },
  };
  return mapEventIterator(untilAborted, {
    value: async (value) => value,
    error: async (thrown) => toError(thrown, signal),
  });
}

function isAsyncIterator(value: unknown): value is AsyncIterator<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
