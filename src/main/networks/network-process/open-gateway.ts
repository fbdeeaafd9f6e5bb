import { InnError } from '../../../shared/errors.ts';
import type { Gateway, GatewayHost } from './gateway-slot.ts';

/**
 * Makes the gateway that the network's specification asks for; undefined: it asks for none.
 * @throws InnError `NOT_SUPPORTED` as long as this program has no gateway
 */
export async function openGateway(config: unknown, _host: GatewayHost): Promise<Gateway | undefined> {
  if (config === null) return undefined;
  throw new InnError('NOT_SUPPORTED', 'This network asks for a gateway, and this program has none.');
}
