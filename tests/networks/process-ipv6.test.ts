import { describe, expect, it } from 'vitest';
import { Outbound } from '../../src/main/networks/gateway/outbound.ts';
import { formatMac, parseMac } from '../../src/main/networks/gateway/packets/addresses.ts';
import { makeIcmp6 } from '../../src/main/networks/gateway/packets/icmp6.ts';
import {
  formatIpv6,
  multicastMacOf,
  parsePrefix64,
  slaacAddress,
  solicitedNodeOf,
  UNSPECIFIED,
} from '../../src/main/networks/gateway/packets/ip-address.ts';
import { PROTOCOLS } from '../../src/main/networks/gateway/packets/ip-packet.ts';
import { makeSolicitation, NDP_HOPS } from '../../src/main/networks/gateway/packets/ndp.ts';
import { ulaPrefixOf } from '../../src/main/networks/gateway/ula-prefix.ts';
import { macOf } from './frames.ts';
import { ScriptedMachine } from './scripted-machine.ts';
import { TEST_NETWORK, TestNetwork } from './test-network.ts';

describe('the process of a network', () => {
  it('tells the IPv6 addresses that its machines use, for as long as they are there', async () => {
    const ipv6Prefix = ulaPrefixOf(TEST_NETWORK.networkId);
    const settings = { id: 'gateway', macAddress: '52:55:00:00:00:01', subnet: '10.0.2.0/24', hasOutside: false };
    const network = await TestNetwork.start({ gateway: { ...settings, ipv6Prefix } });
    const machine = await ScriptedMachine.listen(network.folder, 1);
    await network.addPort(1, machine.path);
    await machine.until(() => machine.isConnected);

    const macAddress = parseMac(macOf(1)) ?? 0;
    const address = slaacAddress(parsePrefix64(ipv6Prefix) ?? 0n, macAddress);
    const to = solicitedNodeOf(address);
    const frames: Uint8Array[] = [];
    const out = new Outbound({ macAddress, mtu: 1500, send: (frame) => frames.push(frame.slice()) });
    const question = makeIcmp6(makeSolicitation(address, undefined), UNSPECIFIED, to);
    const route = { toMac: multicastMacOf(to), source: UNSPECIFIED, destination: to };
    out.packet(route, PROTOCOLS.icmp6, question, NDP_HOPS);
    for (const frame of frames) await machine.send(frame);

    const heard = async () =>
      ((await network.client.execute('gateway-report')) as { ipv6Addresses: unknown }).ipv6Addresses;
    const expected = [{ macAddress: formatMac(macAddress), addresses: [formatIpv6(address)] }];
    await expect.poll(heard, { timeout: 15_000 }).toEqual(expected);
    await network.client.removePort('machine-1');
    expect(await heard()).toEqual([]);
  });
});
