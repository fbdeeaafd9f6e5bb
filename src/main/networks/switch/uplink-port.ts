import { newCounters, type PortCounters } from './counters.ts';
import { Outlet, type OutletParts } from './outlet.ts';
import type { FrameSource } from './port.ts';
import { StormControl } from './storm-control.ts';

/** Id of the uplink on its switch, in captures too. No port of a machine is called so. */
export const UPLINK_ID = 'uplink';
/** It has no address of its own: everybody behind it has one. */
const NO_ADDRESS = -1;

export interface UplinkParts extends OutletParts {
  /**
   * False: nobody is given an address or a router across the uplink, in either direction. The network's own gateway gives
   * them to the machines, and must never give them to computers beyond.
   */
  carriesAddresses: boolean;
}

/**
 * The port behind which the host's own interface is, and whoever is beyond that. What nobody here has is there. Only
 * adapters with the profile `open` meet it: no policy of ours reaches beyond.
 */
export class UplinkPort {
  readonly kind = 'uplink';
  readonly id = UPLINK_ID;
  readonly mac = NO_ADDRESS;
  readonly carriesAddresses: boolean;
  /** `in` is towards the host's interface, `out` from it. */
  readonly counters: PortCounters = newCounters();
  readonly storm = new StormControl();
  /** As the gateway sees it: it may use the gateway's own services, and nothing behind them. */
  readonly source: FrameSource = { portId: UPLINK_ID, profile: 'offline', macAddress: null };
  /** Towards the host's interface; its sink is whoever carries frames there. */
  readonly outlet: Outlet;

  constructor(parts: UplinkParts) {
    this.outlet = new Outlet(this.counters, parts);
    this.carriesAddresses = parts.carriesAddresses;
  }

  /** Brings a frame towards the host's interface, and counts it or why it could not be. */
  deliver(bytes: Buffer, start: number, end: number, sender: object): void {
    this.outlet.hand(bytes, start, end, sender);
  }
}
