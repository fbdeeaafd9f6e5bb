import type { NatGatewayOptions } from '../../../src/main/networks/gateway/gateway-options.ts';
import { NatGateway } from '../../../src/main/networks/gateway/nat-gateway.ts';
import type { IsolationProfile } from '../../../src/shared/model/network.ts';
import { ScriptedGuest } from './scripted-guest.ts';
import { createTestHost, type TestHost } from './test-host.ts';
import { type Fate, TestLan } from './test-lan.ts';

export const GATEWAY_MAC = '52:54:00:00:00:01';
export const guestMac = (number: number): string => `52:54:00:00:01:${number.toString(16).padStart(2, '0')}`;

export interface TestNetwork extends AsyncDisposable {
  lan: TestLan;
  host: TestHost;
  gateway: NatGateway;
  /** A guest with an address of its own choice, which knows the gateway. */
  guest(number: number, profile?: IsolationProfile): Promise<ScriptedGuest>;
}

/** One network with its gateway, on a wire of the test's own. */
export function testNetwork(options: Partial<NatGatewayOptions> = {}, fate?: () => Fate): TestNetwork {
  const lan = new TestLan(fate);
  const host = createTestHost();
  const settings = {
    id: 'gateway',
    macAddress: GATEWAY_MAC,
    subnet: '10.0.2.0/24',
    hasOutside: true,
    ...options.settings,
  };
  const gateway = new NatGateway({ host, ...options, settings });
  gateway.attach(lan);
  return {
    lan,
    host,
    gateway,
    guest: async (number, profile = 'open') => {
      const guest = new ScriptedGuest(lan, `machine-${number}/0`, guestMac(number), profile);
      await guest.join(`10.0.2.${number}`);
      return guest;
    },
    [Symbol.asyncDispose]: async () => gateway.close(),
  };
}
