import * as z from 'zod';
import { InnError } from '../../../shared/errors.ts';
import type { QmpCommand } from '../../engines/qmp/server.ts';
import type { GatewaySettings } from '../gateway/gateway-settings.ts';
import { NatGateway } from '../gateway/nat-gateway.ts';
import type { Gateway, GatewayHost } from './gateway-slot.ts';
import { Owners } from './owners.ts';

const Lease = z.object({
  macAddress: z.string(),
  address: z.string(),
  hostName: z.string().nullable(),
  expiresAtMs: z.number(),
});
const Forward = z.object({
  id: z.string(),
  protocol: z.enum(['tcp', 'udp']),
  hostAddress: z.string(),
  hostPort: z.int().min(0).max(65_535),
  target: z.object({ macAddress: z.string() }),
  guestPort: z.int().min(1).max(65_535),
});
/** The process of the host with which a forward goes. */
const Owner = z.object({ pid: z.int().positive(), pidStartTime: z.string() }).optional();
const Fixed = z.object({ macAddress: z.string(), address: z.string() });
const Name = z.object({ name: z.string(), macAddress: z.string() });

/**
 * Makes the gateway that the network's specification asks for; undefined: it asks for none.
 *
 * | command | does |
 * |---|---|
 * | `gateway-leases` | takes the leases of earlier runs that it does not know |
 * | `gateway-names`, `gateway-fixed` | names and fixed addresses, in place of all before |
 * | `gateway-forward-add`, `gateway-forward-remove` | opens and closes a port of the host; one with an `owner` goes with it |
 * | `gateway-asleep` | the forwards whose machines sleep, in place of all before: who connects there is held |
 * | `gateway-report` | leases, open forwards, refusals by rule, IPv6 addresses that were heard |
 *
 * | event | tells |
 * |---|---|
 * | `GATEWAY_LEASE` | a lease that was made, renewed or given back |
 * | `GATEWAY_WAITING` | somebody connects to a forward (`id`) whose machine sleeps |
 *
 * @param config `GatewaySettings`
 * @throws InnError `INVALID_CONFIG`
 */
export async function openGateway(config: unknown, host: GatewayHost): Promise<Gateway | undefined> {
  if (config === null) return undefined;
  const asleep = new Set<string>();
  const gateway = new NatGateway({
    settings: config as GatewaySettings, // checked by the gateway
    onLease: (lease) => host.emit('GATEWAY_LEASE', { ...lease }),
    isAsleep: ({ id }) => asleep.has(id),
    onWaiting: ({ id }) => {
      if (asleep.has(id)) host.emit('GATEWAY_WAITING', { id });
      return asleep.has(id);
    },
  });
  gateway.attach(host.switch);
  const owners = new Owners((id) => gateway.removeForward(id));
  return {
    commands: commandsOf(gateway, owners, asleep),
    forgetPort: (portId) => gateway.forgetPort(portId),
    watch: (probe, send) => gateway.watch(probe, send),
    close: async () => {
      owners.close();
      gateway.close();
    },
  };
}

function commandsOf(gateway: NatGateway, owners: Owners, asleep: Set<string>): Record<string, QmpCommand> {
  return {
    'gateway-leases': taking({ leases: z.array(Lease) }, ({ leases }) => gateway.restoreLeases(leases)),
    'gateway-names': taking({ names: z.array(Name) }, ({ names }) => gateway.setNames(names)),
    'gateway-fixed': taking({ entries: z.array(Fixed) }, ({ entries }) => gateway.setFixedAddresses(entries)),
    'gateway-forward-add': taking({ forward: Forward, owner: Owner }, async ({ forward, owner }) => {
      const port = await gateway.addForward(forward);
      if (owner) owners.watch(forward.id, owner);
      return { port };
    }),
    'gateway-forward-remove': taking({ id: z.string() }, ({ id }) => {
      owners.forget(id);
      return { isRemoved: gateway.removeForward(id) };
    }),
    'gateway-asleep': taking({ ids: z.array(z.string()) }, ({ ids }) => {
      asleep.clear();
      for (const id of ids) asleep.add(id);
      gateway.lookAtSleepers();
    }),
    'gateway-report': () => {
      const { leases, forwards, refusalCounts, ipv6Addresses } = gateway.report();
      return { leases, forwards, refusalCounts, ipv6Addresses, asleep: [...asleep] };
    },
  };
}

function taking<T extends z.ZodRawShape>(shape: T, act: (input: z.infer<z.ZodObject<T>>) => unknown): QmpCommand {
  const schema = z.strictObject(shape) as unknown as z.ZodType<z.infer<z.ZodObject<T>>>; // zod loses the shape here
  return (args) => {
    const input = schema.safeParse(args);
    if (!input.success) throw new InnError('INVALID_INPUT', z.prettifyError(input.error));
    return act(input.data);
  };
}
