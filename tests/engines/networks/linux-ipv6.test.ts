import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { IsolationProfile } from '../../../src/shared/model/network.ts';
import { canHaveLinuxGuest, LinuxGuest } from '../../networks/gateway/linux-guest.ts';
import { GATEWAY6, HOST6, PREFIX } from '../../networks/gateway/scripted-guest6.ts';
import { createTestHost } from '../../networks/gateway/test-host.ts';
import { GATEWAY_MAC, guestMac, testNetwork } from '../../networks/gateway/test-network.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const settings = {
  ...{ id: 'gateway', macAddress: GATEWAY_MAC, subnet: '10.0.2.0/24', hasOutside: true },
  ipv6Prefix: `${PREFIX}/64`,
};
const OWN = 'fd12:3456:789a:1:5054:ff:fe00:107';

/** Linux on a network whose host has these addresses, and a page on the host's IPv6 loopback. */
async function linuxOn(profile: IsolationProfile, hostAddresses: string[]) {
  const net = testNetwork({ settings, host: createTestHost(hostAddresses) });
  const page = createServer((_, response) => response.end('a page of the host')).listen(0, '::1');
  await once(page, 'listening');
  const { port } = page.address() as AddressInfo;
  const guest = await LinuxGuest.start(makeTempFolder(), net.lan, 'machine-7/0', guestMac(7), profile);
  // Its own address is good once nobody has objected to it.
  await guest.until('ip -6 addr show dev tap0', new RegExp(`${OWN}/64 scope global (?!tentative)`));
  return {
    ...{ net, guest, port },
    [Symbol.asyncDispose]: async () => {
      await guest[Symbol.asyncDispose]();
      await net[Symbol.asyncDispose]();
      page.close();
    },
  };
}

/** What `curl` says of the host's page. */
const fetchPage = (guest: LinuxGuest, port: number) =>
  guest.run(`curl -sS -g --max-time 20 'http://[${HOST6}]:${port}/' || true`);

describe.skipIf(!canHaveLinuxGuest())('the IPv6 of a real Linux', () => {
  it('makes its address, finds the gateway and fetches a page of the host, with "open"', async () => {
    await using linux = await linuxOn('open', ['127.0.0.1', '::1', '2a01:4f8::5']);
    const { guest, net, port } = linux;
    expect(await fetchPage(guest, port)).toBe('a page of the host');
    expect(await guest.run('ip -6 route show default')).toContain('via fe80::5054:ff:fe00:1 dev tap0 proto ra');
    expect(await guest.run(`ip -6 neigh show ${HOST6}`)).toContain(`lladdr ${GATEWAY_MAC}`);
    expect(net.gateway.report().ipv6Addresses).toEqual([{ macAddress: guestMac(7), addresses: [OWN] }]);
    expect(net.gateway.refusals()).toEqual([]);
    // Nobody else may take the gateway's address: the kernel looks for a double and hears of one.
    await guest.run(`ip -6 addr add ${GATEWAY6}/64 dev tap0`);
    await guest.until('ip -6 addr show dev tap0', new RegExp(`${GATEWAY6}/64 scope global .*dadfailed`));
  });

  it('is refused the page with "standard", at once and by the rule, and has no way out that leads nowhere', async () => {
    await using linux = await linuxOn('standard', ['127.0.0.1', '::1']);
    const { guest, net, port } = linux;
    expect(await fetchPage(guest, port)).toMatch(/Permission denied|Couldn't connect|Failed to connect/);
    expect(net.gateway.refusals()).toMatchObject([
      { rule: 'standard.host', destination: HOST6, destinationPort: port },
    ]);
    expect(await guest.run('ip -6 route show default')).toBe('');
    expect(await guest.run('ip -6 route get 2a01:4f8::99 || true')).toContain('unreachable');
  });
});
