import type { implement } from '@orpc/server';
import type { contract } from '../../shared/contract.ts';
import type { CoreServices } from './services.ts';
import { openUsageStream } from './subscriptions.ts';

type UsageCalls = ReturnType<typeof implement<typeof contract>>['usage'];

/** The calls about what machines use, one line each. */
export function createUsageHandlers(call: Pick<UsageCalls, keyof (typeof contract)['usage']>, services: CoreServices) {
  const { usage } = services;
  return {
    latest: call.latest.handler(() => usage.latest()),
    subscribe: call.subscribe.handler(({ signal }) => openUsageStream(services, signal)),
    history: call.history.handler(({ input }) => usage.history(input)),
    report: call.report.handler(({ input }) => usage.report(input)),
    export: call.export.handler(({ input: { format, ...query } }) => usage.exportReport(query, format)),
    prices: call.prices.handler(() => usage.prices()),
    setPrices: call.setPrices.handler(({ input }) => usage.setPrices(input)),
    budgets: call.budgets.handler(() => usage.budgets()),
    setBudget: call.setBudget.handler(({ input }) => usage.setBudget(input)),
    removeBudget: call.removeBudget.handler(({ input }) => {
      usage.removeBudget(input.id);
      return {};
    }),
    advise: call.advise.handler(({ input }) => usage.advise(input)),
  };
}
