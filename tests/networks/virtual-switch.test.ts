import { describe, expect, it } from 'vitest';
import { BROADCAST, ipv4Content, macOf, makeFrame } from './frames.ts';
import { RigMember, SwitchRig } from './switch-rig.ts';

const [A, B, C] = [1, 2, 3];
const frame = (from: number, to: number | string, content?: Uint8Array) =>
  makeFrame({ from: macOf(from), to: typeof to === 'string' ? to : macOf(to), ...(content ? { content } : {}) });

describe('a switch', () => {
  it('brings a frame to the adapter that it is for, and to nobody else', () => {
    const rig = new SwitchRig();
    const [a, b, c] = [rig.machine(A), rig.machine(B), rig.machine(C)];
    a.send(frame(A, B));
    expect(b.take()).toEqual([frame(A, B)]);
    expect(c.take()).toEqual([]);
    expect(a.take()).toEqual([]);
  });

  it('brings a broadcast to all others', () => {
    const rig = new SwitchRig();
    const [a, b, c] = [rig.machine(A), rig.machine(B), rig.machine(C)];
    a.send(frame(A, BROADCAST));
    expect([a, b, c].map((each) => each.take().length)).toEqual([0, 1, 1]);
  });

  it('learns addresses behind an adapter that may use any, and forgets them after five minutes', () => {
    const rig = new SwitchRig();
    const [a, bridge, other] = [
      rig.machine(A),
      rig.machine(B, { promiscuous: 'allowAll' }),
      rig.machine(C, { promiscuous: 'allowAll' }),
    ];
    const inner = 77;
    bridge.send(frame(inner, A));
    a.take();
    other.take();
    expect(rig.network.table()).toContainEqual({ macAddress: macOf(inner), portId: bridge.port.id, ageMs: 0 });
    a.send(frame(A, inner));
    expect(bridge.take()).toEqual([frame(A, inner)]);
    rig.clock.advance(300_000);
    expect(rig.network.table().map(({ macAddress }) => macAddress)).not.toContain(macOf(inner));
  });

  it.each([
    ['an address that is not its own', frame(9, B), 'spoofed'],
    ['the address of another machine', frame(C, B), 'spoofed'],
    ['a group address', makeFrame({ from: BROADCAST, to: macOf(B) }), 'malformed'],
    ['no address', makeFrame({ from: '00:00:00:00:00:00', to: macOf(B) }), 'malformed'],
    ['a pause frame', makeFrame({ from: macOf(A), to: '01:80:c2:00:00:01' }), 'reserved'],
    ['half a header', frame(A, B).subarray(0, 13), 'malformed'],
    ['too long a frame', frame(A, B, Buffer.alloc(1501)), 'oversized'],
  ] as const)('drops what comes with %s', (_what, bad, reason) => {
    const rig = new SwitchRig();
    const [a, b, c] = [rig.machine(A), rig.machine(B), rig.machine(C)];
    a.send(bad);
    expect([...b.take(), ...c.take()]).toEqual([]);
    expect(a.port.counters.dropped[reason]).toBe(1);
    expect(a.port.counters.outFrames).toBe(1);
  });

  it('takes a full frame with a VLAN tag, and jumbo frames where the network allows them', () => {
    const tagged = makeFrame({ from: macOf(A), to: macOf(B), type: 0x8100, content: Buffer.alloc(1504) });
    const usual = new SwitchRig();
    const b = [usual.machine(A), usual.machine(B)] as const;
    b[0].send(tagged);
    expect(b[1].take()).toHaveLength(1);
    const jumbo = new SwitchRig({ mtu: 9000 });
    const j = [jumbo.machine(A), jumbo.machine(B)] as const;
    j[0].send(frame(A, B, Buffer.alloc(9000)));
    expect(j[1].take()).toHaveLength(1);
  });

  it('lets no adapter with any addresses take that of another', () => {
    const rig = new SwitchRig();
    const [thief, b, c] = [rig.machine(A, { promiscuous: 'allowAll' }), rig.machine(B), rig.machine(C)];
    thief.send(frame(B, C));
    expect(thief.port.counters.dropped.spoofed).toBe(1);
    c.send(frame(C, B));
    expect(b.take()).toEqual([frame(C, B)]);
  });

  it('refuses a second port with the same id or address', () => {
    const rig = new SwitchRig();
    rig.machine(A);
    expect(() => rig.machine(A)).toThrow(/already/);
    new RigMember(rig.network);
    expect(() => rig.machine(200)).toThrow(/belongs to the port 'gateway'/);
    rig.network.removePort('machine-1');
    expect(() => rig.machine(A)).not.toThrow();
  });

  it('carries nothing over a cable that is pulled, and everything when it is plugged in again', () => {
    const rig = new SwitchRig();
    const [a, b] = [rig.machine(A), rig.machine(B)];
    rig.network.changePort(b.port.id, { isCableConnected: false });
    a.send(frame(A, B));
    b.send(frame(B, A));
    expect([...a.take(), ...b.take()]).toEqual([]);
    expect(b.port.counters.dropped.cable).toBe(2);
    rig.network.changePort(b.port.id, { isCableConnected: true });
    a.send(frame(A, B));
    expect(b.take()).toHaveLength(1);
  });

  it('counts what a machine without room misses, and goes on with the others', () => {
    const rig = new SwitchRig();
    const [a, full, c] = [rig.machine(A), rig.machine(B), rig.machine(C)];
    full.room = 1;
    for (let i = 0; i < 3; i += 1) a.send(frame(A, BROADCAST));
    expect(full.port.counters).toMatchObject({ inFrames: 1, inBytes: 60 });
    expect(full.port.counters.dropped.queue).toBe(2);
    expect(c.take()).toHaveLength(3);
  });

  it('ends a storm of broadcasts, and not what the port sends to one', () => {
    const rig = new SwitchRig();
    const [a, b] = [rig.machine(A), rig.machine(B)];
    for (let i = 0; i < 10_000; i += 1) a.send(frame(A, BROADCAST));
    const passed = b.take().length;
    expect(passed).toBeLessThan(10_000);
    expect(a.port.counters.dropped.storm).toBe(10_000 - passed);
    a.send(frame(A, B));
    expect(b.take()).toHaveLength(1);
    rig.clock.advance(1000);
    a.send(frame(A, BROADCAST));
    expect(b.take()).toHaveLength(1);
  });
});

describe('the promiscuous policy', () => {
  it('shows an adapter what it may see of others', () => {
    const rig = new SwitchRig();
    const [a, b] = [rig.machine(A), rig.machine(B)];
    const gateway = new RigMember(rig.network);
    const watchers = (['deny', 'allowMachines', 'allowAll'] as const).map((promiscuous, index) =>
      rig.machine(10 + index, { promiscuous }),
    );
    a.send(frame(A, B));
    b.send(frame(B, 200));
    expect(gateway.received).toHaveLength(1);
    expect(watchers.map((each) => each.take().length)).toEqual([0, 1, 2]);
  });

  it('shows nothing where ports are isolated', () => {
    const rig = new SwitchRig({ isolatesPorts: true });
    new RigMember(rig.network);
    const [a, watcher] = [rig.machine(A), rig.machine(B, { promiscuous: 'allowAll' })];
    a.send(frame(A, 200));
    a.send(frame(A, 99));
    expect(watcher.take()).toEqual([]);
  });
});

describe('isolation', () => {
  it('keeps machines apart that only share a gateway', () => {
    const rig = new SwitchRig({ isolatesPorts: true });
    const gateway = new RigMember(rig.network);
    const [a, b] = [rig.machine(A), rig.machine(B)];
    a.send(frame(A, B));
    a.send(frame(A, BROADCAST));
    expect(b.take()).toEqual([]);
    expect(a.port.counters.dropped.isolated).toBe(1);
    expect(gateway.received.map(({ source }) => source)).toEqual([a.port.source]);
    gateway.link.send(frame(200, BROADCAST));
    gateway.link.send(frame(200, B));
    expect([a.take().length, b.take().length]).toEqual([1, 2]);
  });

  it('lets a machine in quarantine neither hear nor be heard', () => {
    const rig = new SwitchRig();
    const gateway = new RigMember(rig.network);
    const [a, ill] = [rig.machine(A), rig.machine(B, { profile: 'quarantine' })];
    ill.send(frame(B, A));
    ill.send(frame(B, BROADCAST));
    ill.send(frame(B, 200));
    a.send(frame(A, B));
    a.send(frame(A, BROADCAST));
    gateway.link.send(frame(200, B));
    expect(a.take()).toEqual([]);
    expect(ill.take()).toEqual([]);
    expect(gateway.received.map(({ source }) => source.portId)).toEqual([a.port.id]);
    expect(ill.port.counters.dropped.isolated).toBe(3);
  });

  it('lets an offline machine speak with the gateway itself, and with nobody behind it', () => {
    const rig = new SwitchRig();
    const gateway = new RigMember(rig.network);
    const [a, offline] = [rig.machine(A), rig.machine(B, { profile: 'offline' })];
    const packet = (to: string, type = 0x0800) =>
      makeFrame({ from: macOf(B), to: macOf(200), type, content: ipv4Content('10.0.2.15', to) });
    for (const to of ['10.0.2.1', '255.255.255.255', '192.0.2.7', '127.0.0.1']) offline.send(packet(to));
    offline.send(packet('10.0.2.1', 0x8100));
    offline.send(packet('192.0.2.7', 0x0800).subarray(0, 33)); // ends within the address
    expect(gateway.received.map(({ frame }) => frame.subarray(30, 34).join('.'))).toEqual([
      '10.0.2.1',
      '255.255.255.255',
    ]);
    offline.send(frame(B, A));
    expect(a.take()).toHaveLength(1);
    const answer = (from: string) =>
      makeFrame({ from: macOf(200), to: macOf(B), type: 0x0800, content: ipv4Content(from, '10.0.2.15') });
    gateway.link.send(answer('192.0.2.7'));
    gateway.link.send(answer('10.0.2.1'));
    expect(offline.take()).toEqual([answer('10.0.2.1')]);
  });

  it('tells members the profile that an adapter has now', () => {
    const rig = new SwitchRig();
    const gateway = new RigMember(rig.network);
    const a = rig.machine(A);
    a.send(frame(A, 200));
    rig.network.changePort(a.port.id, { profile: 'noLan' });
    a.send(frame(A, 200));
    expect(gateway.received.map(({ source }) => source.profile)).toEqual(['standard', 'noLan']);
    expect(rig.network.sources()).toEqual([{ portId: a.port.id, profile: 'noLan', macAddress: macOf(A) }]);
  });
});

describe('a member', () => {
  it('may answer from where it receives, and is silent once it has left', () => {
    const rig = new SwitchRig();
    const a = rig.machine(A);
    const link = rig.network.attach({
      id: 'echo',
      macAddress: macOf(200),
      ipv4Addresses: [],
      receive: () => link.send(frame(200, A)),
    });
    a.send(frame(A, BROADCAST));
    expect(a.take()).toEqual([frame(200, A)]);
    link.detach();
    link.send(frame(200, A));
    a.send(frame(A, 200));
    expect(a.take()).toEqual([]);
  });
});
