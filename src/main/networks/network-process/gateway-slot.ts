import type { QmpCommand } from '../../engines/qmp/server.ts';
import type { GatewayProbe } from '../gateway/gateway-probe.ts';
import type { MemberHost } from '../switch/port.ts';

/** What a gateway finds when it is put into a network. */
export interface GatewayHost {
  /** The switch that it attaches itself to. */
  readonly switch: MemberHost;
  /** One line of the network's log. */
  log(message: string, error?: unknown): void;
  /** Tells the core something that it did not ask for; lost when no core is there. */
  emit(event: string, data?: Record<string, unknown>): void;
}

/** The gateway of one network, as the network process sees it. */
export interface Gateway {
  /** What the core may ask of it; names begin with `gateway-`. They throw `InnError` to refuse. */
  readonly commands: Readonly<Record<string, QmpCommand>>;
  /** A machine's adapter left the network, or its cable was pulled: all that ran for it ends. */
  forgetPort(portId: string): void;
  /** As `NatGateway.watch`. */
  watch(probe: GatewayProbe, send: () => void): void;
  /** Closes its sockets and leaves the switch. */
  close(): Promise<void>;
}

/**
 * Makes the gateway of a network.
 * @param config as the core wrote it, plain data; checked by the gateway itself
 * @throws InnError `INVALID_CONFIG`, `PORT_IN_USE`
 */
export type GatewayFactory = (config: unknown, host: GatewayHost) => Promise<Gateway>;
