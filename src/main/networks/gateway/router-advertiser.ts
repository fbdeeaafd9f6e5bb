import type { IsolationProfile } from '../../../shared/model/network.ts';
import type { FrameSource } from '../switch/port.ts';
import type { Ipv6Settings } from './gateway-settings.ts';
import { type Mac, parseMac } from './packets/addresses.ts';
import type { IcmpMessage } from './packets/icmp.ts';
import { makeRouterAdvertisement } from './packets/ndp.ts';
import type { Sender } from './sender.ts';
import type { Clock, Timer } from './tcp/clock.ts';

/** How often machines hear without having asked (RFC 4861, section 6.2.1: 600 seconds at most). */
const INTERVAL_MS = 600_000;
/** How often it is looked whether there is something new to say. */
const LOOK_MS = 30_000;
/** Three intervals: one that is lost does no harm. */
const ROUTER_SECONDS = 1800;
const VALID_SECONDS = 86_400;
const PREFERRED_SECONDS = 14_400;

export interface RouterAdvertiserOptions {
  clock: Clock;
  settings: Ipv6Settings;
  /** The gateway's own. */
  macAddress: Mac;
  /** Largest packet on this network, in bytes. */
  mtu: number;
  domain: string;
  /** Who is on the network at the moment. */
  sources: () => readonly FrameSource[];
  /** Whether a machine with this profile gets anywhere beyond the network over IPv6, as it is at the moment. */
  hasWayOut: (profile: IsolationProfile) => boolean;
  /** Sends to all machines, in a frame for this one. */
  send: (toMac: Mac, message: IcmpMessage) => void;
}

/**
 * Tells machines the network's prefix, its name server, and whether the gateway leads anywhere (RFC 4861, section 6.2). Each
 * adapter is told by itself (RFC 6085), because whether there is a way out depends on its profile.
 */
export class RouterAdvertiser {
  readonly #options: RouterAdvertiserOptions;
  /** With what each was told; an adapter whose settings change is a new source. */
  #told = new WeakMap<FrameSource, { hasWayOut: boolean; atMs: number }>();
  #timer: Timer | undefined;

  constructor(options: RouterAdvertiserOptions) {
    this.#options = options;
  }

  /** Answers a machine that asks. Who has no adapter here is beyond an uplink, and no guest of this network. */
  answer({ source, mac }: Sender): void {
    if (source.macAddress !== null) this.#tell(source, mac);
  }

  /** Tells everybody now and then, and soon when something changes, until it is closed. */
  start(): void {
    this.#timer = this.#options.clock.after(LOOK_MS, () => {
      this.#tellAll();
      this.start();
    });
  }

  close(): void {
    this.#timer?.cancel();
  }

  #tellAll(): void {
    const { clock, sources, hasWayOut } = this.#options;
    for (const source of sources()) {
      const mac = source.macAddress === null ? undefined : parseMac(source.macAddress);
      const told = this.#told.get(source);
      const isNew = told?.hasWayOut !== hasWayOut(source.profile) || clock.nowMs() - told.atMs >= INTERVAL_MS;
      if (isNew && mac !== undefined && source.profile !== 'quarantine') this.#tell(source, mac);
    }
  }

  #tell(source: FrameSource, toMac: Mac): void {
    const { clock, settings, macAddress: mac, mtu, domain, send } = this.#options;
    const hasWayOut = this.#options.hasWayOut(source.profile);
    this.#told.set(source, { hasWayOut, atMs: clock.nowMs() });
    const message = makeRouterAdvertisement({
      ...{ mac, mtu, domain, prefix: settings.prefix, nameServer: settings.address },
      routerSeconds: hasWayOut ? ROUTER_SECONDS : 0,
      ...{ validSeconds: VALID_SECONDS, preferredSeconds: PREFERRED_SECONDS, namesSeconds: ROUTER_SECONDS },
    });
    send(toMac, message);
  }
}
