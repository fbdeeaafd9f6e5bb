import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IsolationProfile } from '../../src/shared/model/network.ts';
import { BROADCAST, ipv4Content, macOf, makeFrame } from './frames.ts';
import { RigUplink } from './rig-uplink.ts';
import { RigMember, SwitchRig } from './switch-rig.ts';

const [A, B] = [1, 2];
/** The host, and a computer in its network. */
const [HOST, FAR] = [150, 151];
const GATEWAY = 200;
const frame = (from: number, to: number | typeof BROADCAST, content?: Uint8Array) =>
  makeFrame({ from: macOf(from), to: to === BROADCAST ? to : macOf(to), ...(content ? { content } : {}) });
const ipv4 = (from: number, to: number | typeof BROADCAST, content: Buffer) =>
  makeFrame({ from: macOf(from), to: to === BROADCAST ? to : macOf(to), type: 0x0800, content });

function udp(fromAddress: string, toAddress: string, toPort: number): Buffer {
  const packet = ipv4Content(fromAddress, toAddress);
  packet[9] = 17;
  packet.writeUInt16BE(toPort, 22);
  return packet;
}

/** To all nodes of the link (ff02::1), from a link-local address. */
function ipv6(from: number, protocol: number, content: readonly number[]): Buffer {
  const packet = Buffer.alloc(64);
  packet[0] = 0x60;
  packet[6] = protocol;
  packet.set([0xfe, 0x80], 8);
  packet.set([0xff, 0x02], 24);
  packet[39] = 1;
  packet.set(content, 40);
  return makeFrame({ from: macOf(from), to: '33:33:00:00:00:01', type: 0x86dd, content: packet });
}

describe('an uplink', () => {
  it('is where whoever is not on the switch is', () => {
    const rig = new SwitchRig();
    const [a, b] = [rig.machine(A, { profile: 'open' }), rig.machine(B, { profile: 'open' })];
    const uplink = new RigUplink(rig.network);
    a.send(frame(A, FAR));
    a.send(frame(A, B));
    a.send(frame(A, BROADCAST));
    expect(uplink.take()).toEqual([frame(A, FAR), frame(A, BROADCAST)]);
    b.take();
    uplink.send(frame(FAR, A));
    uplink.send(frame(HOST, BROADCAST));
    expect(a.take()).toEqual([frame(FAR, A), frame(HOST, BROADCAST)]);
    expect(b.take()).toEqual([frame(HOST, BROADCAST)]);
    expect(uplink.take()).toEqual([]);
    expect(rig.network.table()).toContainEqual({ macAddress: macOf(FAR), portId: 'uplink', ageMs: 0 });
    expect(uplink.port.counters).toMatchObject({ inFrames: 2, outFrames: 2 });
  });

  it.each(IsolationProfile.options.filter((profile) => profile !== 'open'))(
    'never meets an adapter with the profile %s',
    (profile) => {
      const rig = new SwitchRig();
      const machine = rig.machine(A, { profile });
      const uplink = new RigUplink(rig.network);
      machine.send(frame(A, FAR));
      machine.send(frame(A, BROADCAST));
      uplink.send(frame(FAR, A));
      uplink.send(frame(FAR, BROADCAST));
      expect(uplink.take()).toEqual([]);
      expect(machine.take()).toEqual([]);
      expect(machine.port.counters.dropped.isolated).toBeGreaterThan(0);
    },
  );

  it('lets an adapter that is offline meet the machines of its network', () => {
    const rig = new SwitchRig();
    const [a, b] = [rig.machine(A, { profile: 'offline' }), rig.machine(B, { profile: 'open' })];
    new RigUplink(rig.network);
    a.send(frame(A, B));
    b.send(frame(B, A));
    expect([a.take(), b.take()]).toEqual([[frame(B, A)], [frame(A, B)]]);
  });

  it.each([
    ['an address of a machine here', frame(B, A), 'spoofed'],
    ["the gateway's address", frame(GATEWAY, A), 'spoofed'],
    ['a group address', makeFrame({ from: BROADCAST, to: macOf(A) }), 'malformed'],
    ['more than the MTU', frame(FAR, A, Buffer.alloc(1501)), 'oversized'],
    ['a pause frame', makeFrame({ from: macOf(FAR), to: '01:80:c2:00:00:01' }), 'reserved'],
  ] as const)('brings nothing in from outside that has %s', (_what, wrong, reason) => {
    const rig = new SwitchRig();
    const [a] = [rig.machine(A, { profile: 'open' }), rig.machine(B)];
    const gateway = new RigMember(rig.network);
    const uplink = new RigUplink(rig.network);
    uplink.send(wrong);
    expect([a.take(), gateway.received]).toEqual([[], []]);
    expect(uplink.port.counters.dropped[reason]).toBe(1);
  });

  it('cannot storm the machines', () => {
    const rig = new SwitchRig();
    const machine = rig.machine(A, { profile: 'open' });
    const uplink = new RigUplink(rig.network);
    for (let count = 0; count < 10_000; count += 1) uplink.send(frame(FAR, BROADCAST));
    expect(machine.take().length).toBeLessThan(5_000);
    expect(uplink.port.counters.dropped.storm).toBeGreaterThan(5_000);
  });

  it("leads to the gateway's own services, and not through it", () => {
    const rig = new SwitchRig();
    const gateway = new RigMember(rig.network);
    const uplink = new RigUplink(rig.network, false);
    uplink.send(ipv4(HOST, GATEWAY, udp('10.0.2.9', '10.0.2.1', 53)));
    uplink.send(ipv4(HOST, GATEWAY, udp('10.0.2.9', '203.0.113.1', 53)));
    expect(gateway.received.map(({ frame: bytes }) => bytes)).toEqual([
      ipv4(HOST, GATEWAY, udp('10.0.2.9', '10.0.2.1', 53)),
    ]);
    gateway.link.send(ipv4(GATEWAY, HOST, udp('203.0.113.1', '10.0.2.9', 4000)));
    gateway.link.send(ipv4(GATEWAY, HOST, udp('10.0.2.1', '10.0.2.9', 4000)));
    rig.network.flush();
    expect(uplink.take()).toEqual([ipv4(GATEWAY, HOST, udp('10.0.2.1', '10.0.2.9', 4000))]);
  });

  it.each([67, 68])('carries no addresses where the network gives them itself (port %d)', (port) => {
    const rig = new SwitchRig();
    const machine = rig.machine(A, { profile: 'open' });
    const gateway = new RigMember(rig.network);
    const uplink = new RigUplink(rig.network, false);
    const question = udp('0.0.0.0', '255.255.255.255', port);
    machine.send(ipv4(A, BROADCAST, question));
    expect([uplink.take().length, gateway.received.length]).toEqual([0, 1]);
    uplink.send(ipv4(HOST, BROADCAST, question));
    gateway.link.send(ipv4(GATEWAY, BROADCAST, question));
    rig.network.flush();
    expect([uplink.take().length, gateway.received.length, machine.take().length]).toEqual([0, 1, 1]);
  });

  it.each([
    ['a router solicitation', 58, [133, 0, 0, 0]],
    ['a router advertisement', 58, [134, 0, 0, 0]],
    ['a redirect', 58, [137, 0, 0, 0]],
    ['DHCPv6 to a server', 17, [2, 34, 2, 35]],
    ['DHCPv6 to a client', 17, [2, 35, 2, 34]],
  ])('does not carry %s there either', (_what, protocol, content) => {
    const rig = new SwitchRig();
    const machine = rig.machine(A, { profile: 'open' });
    const gateway = new RigMember(rig.network);
    const uplink = new RigUplink(rig.network, false);
    gateway.link.send(ipv6(GATEWAY, protocol, content));
    machine.send(ipv6(A, protocol, content));
    rig.network.flush();
    expect([uplink.take().length, machine.take().length]).toEqual([0, 1]);
    uplink.send(ipv6(HOST, protocol, content));
    expect([gateway.received.length, machine.take().length]).toEqual([1, 0]);
    uplink.send(ipv6(HOST, 58, [135, 0, 0, 0])); // who has this address: a neighbour may ask
    expect(machine.take().length).toBe(1);
  });

  it('gives and takes addresses where the network has no gateway', () => {
    const rig = new SwitchRig();
    const machine = rig.machine(A, { profile: 'open' });
    const uplink = new RigUplink(rig.network);
    machine.send(ipv4(A, BROADCAST, udp('0.0.0.0', '255.255.255.255', 67)));
    uplink.send(ipv4(FAR, A, udp('192.0.2.1', '192.0.2.2', 68)));
    expect([uplink.take().length, machine.take().length]).toEqual([1, 1]);
  });

  it('shows what it carries to a watcher, and to adapters that may see everything', () => {
    const rig = new SwitchRig();
    const [a, nosy] = [
      rig.machine(A, { profile: 'open' }),
      rig.machine(B, { profile: 'open', promiscuous: 'allowMachines' }),
    ];
    const all = rig.machine(3, { profile: 'open', promiscuous: 'allowAll' });
    const uplink = new RigUplink(rig.network);
    const seen: string[] = [];
    rig.network.watch((id, direction) => seen.push(`${id} ${direction}`));
    uplink.send(frame(FAR, A));
    a.send(frame(A, FAR));
    expect([nosy.take().length, all.take().length]).toEqual([0, 2]);
    expect(seen.filter((each) => each.startsWith('uplink'))).toEqual(['uplink out', 'uplink in']);
  });

  it('meets adapters that are open and no others, whatever is sent', () => {
    const plan = fc.array(fc.constantFrom(...IsolationProfile.options), { minLength: 1, maxLength: 6 });
    const script = fc.array(fc.record({ sender: fc.nat({ max: 6 }), to: fc.nat({ max: 9 }), isForAll: fc.boolean() }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(plan, script, (profiles, steps) => {
        const rig = new SwitchRig();
        const machines = profiles.map((profile, index) => rig.machine(index, { profile }));
        const uplink = new RigUplink(rig.network);
        for (const { sender, to, isForAll } of steps) {
          const content = Buffer.from([sender]);
          const target = isForAll ? BROADCAST : macOf(to);
          const from = machines[sender];
          if (from) from.send(makeFrame({ from: macOf(sender), to: target, content }));
          else uplink.send(makeFrame({ from: macOf(FAR), to: target, content: Buffer.from([FAR]) }));
        }
        for (const sent of uplink.take()) expect(profiles[sent[14] ?? -1]).toBe('open');
        for (const [index, machine] of machines.entries()) {
          const fromOutside = machine.take().some((each) => each[14] === FAR);
          if (fromOutside) expect(profiles[index]).toBe('open');
        }
      }),
      { numRuns: 300 },
    );
  });
});
