import type { IsolationProfile } from '../../../shared/model/network.ts';
import type { ParsedSettings } from './gateway-settings.ts';
import { formatIpv4, type Ipv4, isInSubnet, parseIpv4 } from './packets/addresses.ts';
import { type Decision, type Direction, decide, type Place, placeOf } from './policy.ts';
import type { Clock } from './tcp/clock.ts';

/** Decisions are remembered for a moment: a datagram costs a look-up then, and a changed address of the host still counts. */
const FRESH_MS = 2000;
const MAX_REMEMBERED = 4096;

export interface PolicyJudgeOptions {
  settings: ParsedSettings;
  clock: Clock;
  hostAddresses: () => readonly string[];
}

/** Applies the rules of the profiles to one network with its gateway and its host. */
export class PolicyJudge {
  readonly #options: PolicyJudgeOptions;
  readonly #remembered = new Map<string, Decision>();
  #sinceMs = 0;

  constructor(options: PolicyJudgeOptions) {
    this.#options = options;
  }

  /** Whether a machine may reach an address through the gateway, or be reached at it by the host (`in`). */
  judge(profile: IsolationProfile, address: Ipv4, direction: Direction): Decision {
    const now = this.#options.clock.nowMs();
    if (now - this.#sinceMs > FRESH_MS || this.#remembered.size >= MAX_REMEMBERED) {
      this.#remembered.clear();
      this.#sinceMs = now;
    }
    const key = `${profile} ${direction} ${address}`;
    const known = this.#remembered.get(key);
    if (known) return known;
    const decision = this.explain(profile, formatIpv4(address), direction);
    this.#remembered.set(key, decision);
    return decision;
  }

  /** The same for any address, IPv4 or IPv6, as text. */
  explain(profile: IsolationProfile, address: string, direction: Direction): Decision {
    const place = this.#placeOf(address);
    const decision = decide(profile, place, direction);
    if (!decision.isAllowed || direction === 'in' || place === 'gateway') return decision;
    if (place === 'network') return { isAllowed: false, rule: 'gateway.network' };
    return this.#options.settings.hasOutside ? decision : { isAllowed: false, rule: 'gateway.noOutside' };
  }

  #placeOf(address: string): Place {
    const { settings, hostAddresses } = this.#options;
    return placeOf(address, {
      gatewayAddress: formatIpv4(settings.address),
      hostAlias: formatIpv4(settings.hostAlias),
      isOwn: (text) => {
        const number = parseIpv4(text);
        return number !== undefined && isInSubnet(settings.subnet, number);
      },
      hostAddresses: hostAddresses(),
    });
  }
}
