import { isIPv6 } from 'node:net';
import type { IsolationProfile } from '../../../shared/model/network.ts';
import type { ParsedSettings } from './gateway-settings.ts';
import { formatIpv4, isInSubnet, parseIpv4 } from './packets/addresses.ts';
import { formatIp, formatIpv6, type IpAddress, type Ipv6, isInPrefix, parseIpv6 } from './packets/ip-address.ts';
import { type Decision, type Direction, decide, type Place, placeOf, type Surroundings } from './policy.ts';
import type { Clock } from './tcp/clock.ts';

/** Decisions are remembered for a moment: a datagram costs a look-up then, and a changed address of the host still counts. */
const FRESH_MS = 2000;
const MAX_REMEMBERED = 4096;

/** Where there is neither gateway nor network. */
const NOWHERE: Surroundings = { gatewayAddress: '', hostAlias: '', isOwn: () => false, hostAddresses: [] };

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
  judge(profile: IsolationProfile, address: IpAddress, direction: Direction): Decision {
    const now = this.#options.clock.nowMs();
    if (now - this.#sinceMs > FRESH_MS || this.#remembered.size >= MAX_REMEMBERED) {
      this.#remembered.clear();
      this.#sinceMs = now;
    }
    const key = `${profile} ${direction} ${typeof address} ${address}`;
    const known = this.#remembered.get(key);
    if (known) return known;
    const decision = this.explain(profile, formatIp(address), direction);
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

  /**
   * Whether a machine gets anywhere beyond the network over IPv6, as far as can be known without trying: where the host has
   * no address of the IPv6 internet, what goes there goes nowhere.
   */
  hasIpv6WayOut(profile: IsolationProfile): boolean {
    const { settings, hostAddresses } = this.#options;
    if (!settings.ipv6 || !settings.hasOutside || !decide(profile, 'internet', 'out').isAllowed) return false;
    return hostAddresses().some((address) => isIPv6(address) && placeOf(address, NOWHERE) === 'internet');
  }

  #placeOf(address: string): Place {
    const number = parseIpv6(address);
    return number === undefined ? this.#placeOfIpv4(address) : this.#placeOfIpv6(number);
  }

  #placeOfIpv6(address: Ipv6): Place {
    const { settings, hostAddresses } = this.#options;
    const { ipv6 } = settings;
    const text = formatIpv6(address);
    if (!ipv6) return placeOf(text, { ...NOWHERE, hostAddresses: hostAddresses() });
    if (address === ipv6.linkLocal) return 'gateway';
    return placeOf(text, {
      gatewayAddress: formatIpv6(ipv6.address),
      hostAlias: formatIpv6(ipv6.hostAlias),
      isOwn: () => isInPrefix(ipv6.prefix, address),
      hostAddresses: hostAddresses(),
    });
  }

  #placeOfIpv4(address: string): Place {
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
