import type { implement } from '@orpc/server';
import type { contract } from '../../shared/contract.ts';
import type { CoreServices } from './services.ts';
import { openUsageStream } from './subscriptions.ts';

type UsageCalls = ReturnType<typeof implement<typeof contract>>['usage'];

interface Calls extends Pick<UsageCalls, 'latest' | 'subscribe' | 'history' | 'report' | 'export' | 'advise'> {
  prices: Pick<UsageCalls['prices'], 'get' | 'set'>;
  budgets: Pick<UsageCalls['budgets'], 'list' | 'set' | 'remove'>;
}

/** The calls about what machines use, one line each. */
export function createUsageHandlers(call: Calls, services: CoreServices) {
  const { usage } = services;
  return {
    latest: call.latest.handler(() => usage.latest()),
    subscribe: call.subscribe.handler(({ signal }) => openUsageStream(services, signal)),
    history: call.history.handler(({ input }) => usage.history(input)),
    report: call.report.handler(({ input }) => usage.report(input)),
    export: call.export.handler(({ input: { format, ...query } }) => usage.exportReport(query, format)),
    prices: {
      get: call.prices.get.handler(() => usage.prices()),
      set: call.prices.set.handler(({ input }) => usage.setPrices(input)),
    },
    budgets: {
      list: call.budgets.list.handler(() => usage.budgets()),
      set: call.budgets.set.handler(({ input }) => usage.setBudget(input)),
      remove: call.budgets.remove.handler(({ input }) => {
        usage.removeBudget(input.id);
        return {};
      }),
    },
    advise: call.advise.handler(({ input }) => usage.advise(input)),
  };
}
