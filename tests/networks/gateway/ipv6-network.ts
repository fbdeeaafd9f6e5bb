import { ICMP6_TYPES } from '../../../src/main/networks/gateway/packets/icmp6.ts';
import type { IsolationProfile } from '../../../src/shared/model/network.ts';
import { PREFIX, ScriptedGuest6 } from './scripted-guest6.ts';
import { createTestHost } from './test-host.ts';
import { GATEWAY_MAC, guestMac, type TestNetwork, testNetwork } from './test-network.ts';

const settings = { id: 'gateway', macAddress: GATEWAY_MAC, subnet: '10.0.2.0/24', hasOutside: true };
/** The host's own address on the Internet. */
export const GLOBAL = '2a01:4f8::5';
/** What a policy answers (RFC 4443, section 3.1). */
export const PROHIBITED = { type: ICMP6_TYPES.unreachable, code: 1 };

/** A network that carries IPv6, of a host that has it or has it not. */
export function network({ hostAddresses = ['127.0.0.1', '::1', GLOBAL], ...change } = {}): TestNetwork {
  const host = createTestHost(hostAddresses);
  return { ...testNetwork({ host, settings: { ...settings, ipv6Prefix: `${PREFIX}/64`, ...change } }), host };
}

export const guestOn = (net: TestNetwork, number: number, profile: IsolationProfile = 'open'): ScriptedGuest6 =>
  new ScriptedGuest6(net.lan, `machine-${number}/0`, guestMac(number), profile);
