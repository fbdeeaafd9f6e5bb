import type { ClientContext, ClientLink } from '@orpc/client';
import { createORPCClient, DynamicLink } from '@orpc/client';
import type { ContractRouterClient } from '@orpc/contract';
import type { Contract } from '../shared/contract.ts';
import { InnError } from '../shared/errors.ts';

export type Api = ContractRouterClient<Contract>;

let currentLink: ClientLink<ClientContext> | undefined;

/** The way to the core from now on; undefined while there is none. */
export function setLink(link: ClientLink<ClientContext> | undefined): void {
  currentLink = link;
}

/**
 * The core, as the contract describes it. One object for the life of the window: calls go over the connection that is
 * open at the time. Without one they reject at once with `CORE_UNREACHABLE`.
 */
export const api: Api = createORPCClient(
  new DynamicLink<ClientContext>(() => {
    if (currentLink !== undefined) return currentLink;
    throw new InnError('CORE_UNREACHABLE', 'The window is not connected to Innkeeper.', {
      hint: 'It reconnects by itself as soon as Innkeeper answers.',
    });
  }),
);
