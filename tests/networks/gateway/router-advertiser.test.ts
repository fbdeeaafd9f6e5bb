import { describe, expect, it } from 'vitest';
import { parseIpv6 } from '../../../src/main/networks/gateway/packets/ip-address.ts';
import { RouterAdvertiser } from '../../../src/main/networks/gateway/router-advertiser.ts';
import type { FrameSource } from '../../../src/main/networks/switch/port.ts';
import type { IsolationProfile } from '../../../src/shared/model/network.ts';
import { VirtualClock } from './virtual-clock.ts';

const prefix = parseIpv6('fd12:3456:789a:1::') ?? 0n;
const settings = { prefix, address: prefix | 1n, hostAlias: prefix | 2n, linkLocal: 0n };
const port = (number: number, profile: IsolationProfile = 'open'): FrameSource => {
  return { portId: `machine-${number}/0`, macAddress: `52:54:00:00:00:0${number}`, profile };
};

/** An advertiser whose network and host the test changes; `told` has each message as adapter and router's lifetime. */
function advertiser() {
  const clock = new VirtualClock();
  const told: string[] = [];
  const state = { sources: [port(1)], isHostConnected: true };
  const router = new RouterAdvertiser({
    ...{ clock, settings, macAddress: 1, mtu: 1500, domain: 'inn' },
    sources: () => state.sources,
    hasWayOut: (profile) => state.isHostConnected && profile !== 'offline',
    send: (toMac, { rest }) => void told.push(`${toMac & 0xf} ${Buffer.from(rest).readUInt16BE(2)}`),
  });
  router.start();
  const heardIn = (seconds: number): string[] => {
    clock.runUntil(clock.nowMs() + seconds * 1000);
    return told.splice(0);
  };
  return { state, router, heardIn };
}

describe('advertisements', () => {
  it('come without being asked for soon after a machine is there, and then every ten minutes', () => {
    const { state, heardIn } = advertiser();
    expect(heardIn(31)).toEqual(['1 1800']);
    expect(heardIn(560)).toEqual([]);
    expect(heardIn(60)).toEqual(['1 1800']);
    state.sources = [...state.sources, port(2, 'offline'), port(3, 'quarantine')];
    expect(heardIn(30)).toEqual(['2 0']);
  });

  it('come soon when the way out changes, for those whom it concerns', () => {
    const { state, heardIn } = advertiser();
    state.sources = [port(1), port(2, 'offline')];
    expect(heardIn(31)).toEqual(['1 1800', '2 0']);
    state.isHostConnected = false;
    expect(heardIn(30)).toEqual(['1 0']);
    state.isHostConnected = true;
    state.sources = [port(1, 'offline'), ...state.sources.slice(1)];
    expect(heardIn(30)).toEqual(['1 0']);
  });

  it('answer whoever asks, and end when the network does', () => {
    const { router, heardIn } = advertiser();
    router.answer({ source: port(4), mac: 4 });
    expect(heardIn(0)).toEqual(['4 1800']);
    router.answer({ source: { ...port(5), macAddress: null }, mac: 5 });
    expect(heardIn(0)).toEqual([]);
    router.close();
    expect(heardIn(3600)).toEqual([]);
  });
});
