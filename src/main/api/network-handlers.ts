import type { implement } from '@orpc/server';
import type { contract } from '../../shared/contract.ts';
import type { CoreServices } from './services.ts';

type NetworkCalls = ReturnType<typeof implement<typeof contract>>['network'];

/** The calls about virtual networks, one line each. */
export function createNetworkHandlers(
  call: Pick<NetworkCalls, keyof (typeof contract)['network']>,
  { networks }: CoreServices,
) {
  return {
    list: call.list.handler(() => networks.list()),
    get: call.get.handler(({ input }) => networks.details(input.network)),
    create: call.create.handler(({ input }) => networks.create(input)),
    configure: call.configure.handler(({ input: { network, ...change } }) => networks.configure(network, change)),
    remove: call.remove.handler(({ input }) => networks.remove(input.network)),
    addForward: call.addForward.handler(({ input }) => networks.addForward(input)),
    removeForward: call.removeForward.handler(({ input }) => networks.removeForward(input.id)),
    startCapture: call.startCapture.handler(({ input: { network, ...options } }) =>
      networks.startCapture(network, options),
    ),
    stopCapture: call.stopCapture.handler(({ input }) => networks.stopCapture(input.network, input.id)),
    addresses: call.addresses.handler(({ input }) => networks.addresses(input.machine)),
    reach: call.reach.handler(({ input }) => networks.reach(input.machine, input.to, input.port)),
    uplinks: call.uplinks.handler(() => networks.uplinks()),
    matrix: call.matrix.handler(() => networks.matrix()),
  };
}
