import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attachments, networkRows, othersWithMac } from '../../src/renderer/networks/attachments.ts';
import { forwardPort, forwardWords } from '../../src/renderer/networks/forwards/forward-words.ts';
import { mapLayout } from '../../src/renderer/networks/map/map-layout.ts';
import { dropWords } from '../../src/renderer/networks/network-words.ts';
import { formatRate, parseRate } from '../../src/renderer/networks/rates.ts';
import { cellWords, matrixOf } from '../../src/renderer/networks/reach/matrix-rows.ts';
import { lineWidth, trafficBetween } from '../../src/renderer/networks/traffic.ts';
import { networkOf } from '../../src/shared/adapter-network.ts';
import type { Machine } from '../../src/shared/model/machine.ts';
import { NetworkAdapter } from '../../src/shared/model/network.ts';
import {
  Network,
  NetworkDetails,
  type NetworkKind,
  PortForward,
  type ReachAnswer,
} from '../../src/shared/model/virtual-network.ts';
import { deciderWords, endWithin, endWords } from '../../src/shared/network-names.ts';
import { aMachine } from './a-machine.ts';

interface WantedNetwork {
  name?: string;
  isBuiltIn?: boolean;
  forwards?: unknown[];
}

function aNetwork(kind: NetworkKind, { name = kind, isBuiltIn = false, forwards = [] }: WantedNetwork = {}): Network {
  const settings = { name, kind, subnet: '10.0.4.0/24', mtu: 1500, description: '', uplink: null };
  return Network.parse({ id: randomUUID(), ...settings, isBuiltIn, forwards });
}

let nextMac = 0;

function anAdapter(network: Network | null, change: Partial<NetworkAdapter> = {}): NetworkAdapter {
  nextMac += 1;
  const macAddress = `52:54:00:00:${(nextMac >> 8).toString(16).padStart(2, '0')}:${(nextMac & 255).toString(16).padStart(2, '0')}`;
  const mode = network?.kind ?? 'notAttached';
  const networkId = network === null || network.isBuiltIn ? null : network.id;
  return NetworkAdapter.parse({ model: 'auto', mode, macAddress, isCableConnected: true, networkId, ...change });
}

function machineOn(name: string, ...networks: (Network | null)[]): Machine {
  return aMachine({ name, config: { adapters: networks.map((network) => anAdapter(network)) } });
}

describe('limits of an adapter', () => {
  test.each([
    ['10 Mbit/s', 10_000_000],
    ['10', 10_000_000],
    ['1.5G', 1_500_000_000],
    ['2,5 Mbit', 2_500_000],
    ['256 kbps', 256_000],
    ['64000 bit/s', 64_000],
    ['', null],
    [' none ', null],
  ])('%j is %j bits per second', (text, rate) => {
    expect(parseRate(text)).toBe(rate);
  });

  test.each(['fast', '1 bit/s', '-3', '10 MB/h', '2 Tbit/s', '9000000 G'])('%j is no rate', (text) => {
    expect(parseRate(text)).toBeUndefined();
  });

  test('what is printed is read again, to three digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 8000, max: 999_000_000_000 }), (rate) => {
        const read = parseRate(formatRate(rate)) ?? 0;
        expect(Math.abs(read - rate) / rate).toBeLessThan(0.006);
      }),
    );
  });
});

describe('who is on which network', () => {
  const nat = aNetwork('nat', { isBuiltIn: true });
  const lab = aNetwork('natNetwork', { name: 'Lab' });

  test('an adapter that names no network is on the built-in one of its kind', () => {
    expect(networkOf(anAdapter(nat), [lab, nat])).toBe(nat);
    expect(networkOf(anAdapter(lab), [lab, nat])).toBe(lab);
  });

  test('an adapter whose network is gone is on none', () => {
    expect(networkOf(anAdapter(lab), [nat])).toBeUndefined();
    expect(networkOf(anAdapter(null), [nat, lab])).toBeUndefined();
  });

  test('a machine with two adapters on a network is counted once', () => {
    const web = aMachine({ name: 'web', state: 'Running', config: { adapters: [anAdapter(lab), anAdapter(lab)] } });
    const [row] = networkRows([lab], [web, machineOn('mail', lab)]);
    expect(row?.machines.map(({ config }) => config.name)).toEqual(['web', 'mail']);
    expect(row?.online).toBe(1);
    expect(attachments([web], [lab])).toHaveLength(2);
  });

  test('built-in networks come first, and a search finds networks by the machines on them', () => {
    const machines = [machineOn('web', lab)];
    const names = (search?: string) => networkRows([lab, nat], machines, search).map(({ network }) => network.name);
    expect(names()).toEqual(['nat', 'Lab']);
    expect(names(' WEB ')).toEqual(['Lab']);
  });

  test('a MAC address that another machine has is noticed', () => {
    const web = machineOn('web', nat);
    const twin = aMachine({ name: 'twin', config: { adapters: web.config.adapters } });
    const mac = web.config.adapters[0]?.macAddress ?? '';
    expect(othersWithMac([web, twin, machineOn('other', nat)], web.id, mac)).toEqual([twin]);
  });
});

describe('the map', () => {
  const nat = aNetwork('nat', { isBuiltIn: true });
  const lab = aNetwork('internal', { name: 'Lab' });
  const house = (count: number) =>
    Array.from({ length: count }, (_, index) => machineOn(`m${index}`, index % 3 === 0 ? lab : nat));

  interface Box {
    x: number;
    y: number;
    width: number;
    height: number;
  }
  const overlaps = (a: Box, b: Box) =>
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

  const layoutOf = (machines: Machine[], networks: Network[], width = 900) =>
    mapLayout(machines.values(), networks.values(), width);

  test.each([1, 7, 24, 25, 100])('%i machines lie beside each other, inside the drawing', (count) => {
    for (const width of [400, 980, 1900]) {
      const { tiles, cards, places, ...size } = layoutOf(house(count), [nat, lab], width);
      const boxes: Box[] = [...tiles, ...cards, ...places];
      expect(tiles).toHaveLength(count);
      for (const [index, box] of boxes.entries()) {
        expect(box.x >= 0 && box.y >= 0).toBe(true);
        expect(box.x + box.width <= size.width && box.y + box.height <= size.height).toBe(true);
        for (const other of boxes.slice(index + 1)) expect(overlaps(box, other)).toBe(false);
      }
    }
  });

  test('every adapter on a network has a wire, also the second of a machine', () => {
    const { wires } = layoutOf([machineOn('router', nat, lab), machineOn('alone', null)], [nat, lab]);
    expect(wires.map(({ attachment }) => attachment.network?.name)).toEqual(['nat', 'Lab']);
    expect(new Set(wires.map(({ path }) => path)).size).toBe(2);
  });

  test('only networks with an outside lead to the internet, and those with forwards to this computer', () => {
    const forward = PortForward.parse({
      ...{ id: randomUUID(), protocol: 'tcp', hostPort: 8080, machineId: randomUUID(), adapter: 0, guestPort: 80 },
    });
    const forwarded = aNetwork('natNetwork', { name: 'Forwarded', forwards: [forward] });
    const { links } = layoutOf([machineOn('a', lab)], [lab, forwarded]);
    expect(links.map(({ key }) => key)).toEqual([`${forwarded.id}/internet`, `${forwarded.id}/host`]);
  });

  test('a built-in network is drawn only when a machine is on it', () => {
    expect(layoutOf([], [nat, lab]).cards.map(({ network }) => network.name)).toEqual(['Lab']);
    expect(layoutOf([machineOn('a', nat)], [nat, lab]).cards).toHaveLength(2);
  });
});

describe('traffic', () => {
  const machineId = randomUUID();
  const look = (atMs: number, inBytes: number, outBytes: number) => {
    const port = {
      machineId,
      machineName: 'web',
      adapter: 0,
      macAddress: '52:54:00:00:00:01',
      address: null,
      addresses6: [],
    };
    const state = { name: 'web.inn', profile: 'standard', isCableConnected: true, isUp: true, drops: {} };
    const counters = { inFrames: 0, inBytes, outFrames: 0, outBytes };
    const lists = { leases: [], forwards: [], captures: [], refusals: [] };
    const network = aNetwork('nat');
    const ports = [{ ...port, ...state, ...counters }];
    return {
      atMs,
      details: [
        NetworkDetails.parse({
          network,
          isRunning: true,
          gatewayAddress: null,
          ipv6: null,
          uplink: null,
          ports,
          ...lists,
        }),
      ],
    };
  };

  test('is what was counted between two looks, by the second', () => {
    const traffic = trafficBetween(look(1000, 100, 0), look(3000, 4100, 600)).get(`${machineId}/0`);
    expect(traffic).toEqual({ inBytesPerSecond: 2000, outBytesPerSecond: 300 });
  });

  test('is not known after a restart, when the counters begin anew', () => {
    expect(trafficBetween(look(1000, 5000, 0), look(2000, 10, 0)).size).toBe(0);
  });

  test('makes lines thicker, up to a limit', () => {
    const width = (bytes: number) => lineWidth({ inBytesPerSecond: bytes, outBytesPerSecond: 0 });
    expect(width(0)).toBeLessThan(width(100));
    expect(width(100)).toBeLessThan(width(1e6));
    expect(width(1e15)).toBe(5);
  });
});

describe('words', () => {
  const state = { id: PortForward.shape.id.parse(randomUUID()), openPort: null, connections: 0, failure: null };
  const forward = PortForward.parse({
    ...{ id: state.id, protocol: 'tcp', hostPort: 0, machineId: randomUUID(), adapter: 0, guestPort: 80 },
  });

  test('of a forward say whether it is open, or why not', () => {
    expect(forwardWords(state)).toBe('opens when the machine runs');
    expect(forwardWords({ ...state, openPort: 4711, connections: 2 })).toBe('open, 2 connections');
    expect(forwardWords({ ...state, failure: 'Port 80 is taken.' })).toBe('Port 80 is taken.');
  });

  test('of its port are those that it got', () => {
    expect(forwardPort(forward, state)).toBeNull();
    expect(forwardPort(forward, { ...state, openPort: 4711 })).toBe(4711);
    expect(forwardPort({ ...forward, hostPort: 80 }, undefined)).toBe(80);
  });

  test('of lost frames name the most frequent reason first', () => {
    expect(dropWords({ cable: 1, isolated: 3, limit: 0 })).toBe('3 kept apart, 1 cable pulled');
    expect(dropWords({ cable: 0 })).toBeNull();
  });

  test('of ends and deciders fall back to what they are', () => {
    expect([
      endWords('lan'),
      endWords('web'),
      endWithin('internet'),
      deciderWords('cable'),
      deciderWords('moon'),
    ]).toEqual(['Local network', 'web', 'the internet', 'the cable', 'moon']);
  });
});

describe('the isolation report as a table', () => {
  const answer = (from: string, to: string, isReachable: boolean): ReachAnswer => ({
    ...{
      from,
      to,
      isReachable,
      decidedBy: 'profile',
      rule: 'standard.host',
      reason: 'So it is.',
      isProven: null,
      trials: [],
    },
  });

  test('has rows for what asks, columns for what is asked about, and nothing where both are one', () => {
    const answers = [answer('web', 'mail', true), answer('mail', 'web', false), answer('web', 'internet', true)];
    const { columns, rows } = matrixOf({ ends: ['web', 'mail', 'internet'], answers });
    expect(columns).toEqual(['web', 'mail', 'internet']);
    expect(rows.map(({ from, cells }) => [from, ...cells.map((cell) => cell && cellWords(cell))])).toEqual([
      ['web', undefined, 'Yes', 'Yes'],
      ['mail', 'No', undefined, undefined],
    ]);
  });

  test('marks what was tried with real frames', () => {
    expect(cellWords({ ...answer('web', 'mail', true), isProven: true })).toBe('Yes ✓');
    expect(cellWords({ ...answer('web', 'mail', false), isProven: false })).toBe('No !');
  });
});
