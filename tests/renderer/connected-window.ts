import type { ClientContext, ClientLink } from '@orpc/client';
import { onTestFinished } from 'vitest';
import { setLink } from '../../src/renderer/api.ts';
import { notices } from '../../src/renderer/notify.tsx';
import type { Machine, MachineConfig } from '../../src/shared/model/machine.ts';
import { type FakeCore, openFakeCore } from '../support/fake-core.ts';

interface ConnectedWindow {
  core: FakeCore;
  /** Machines with this change to the usual, in this order. */
  addAll(names: readonly string[], change?: Partial<MachineConfig>): Promise<Machine[]>;
  /** What was said so far, first things first: tone, title, what stands below it. */
  said(): { tone: string; title: string; below: string[] }[];
}

/** What the window does outside of its components, connected to a core with fake machines until the test ends. */
export async function openConnectedWindow(): Promise<ConnectedWindow> {
  const core = await openFakeCore();
  setLink(linkTo(core));
  notices.set([]);
  onTestFinished(() => setLink(undefined));
  return {
    core,
    addAll: async (names, change = {}) => {
      const added: Machine[] = [];
      for (const name of names) added.push(await core.add(name, change));
      return added;
    },
    said: () =>
      [...notices.get()].reverse().map(({ tone, title, items, failure }) => {
        const hints = failure?.hint === undefined ? [] : [failure.hint];
        return { tone, title, below: [...items.map(({ text, hint = '' }) => `${text} ${hint}`.trim()), ...hints] };
      }),
  };
}

type Call = (input: unknown, options: unknown) => Promise<unknown>;

/** The core's client already goes through validation and error mapping: the window's calls are handed to it. */
function linkTo({ client }: FakeCore): ClientLink<ClientContext> {
  return {
    async call(path, input, options) {
      const call = path.reduce<unknown>((noun, name) => (noun as Record<string, unknown>)[name], client);
      return (call as Call)(input, options);
    },
  };
}
