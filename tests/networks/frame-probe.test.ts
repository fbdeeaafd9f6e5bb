import { describe, expect, it, onTestFinished } from 'vitest';
import { NatGateway } from '../../src/main/networks/gateway/nat-gateway.ts';
import { type FrameProbe, probeFrames } from '../../src/main/networks/network-process/frame-probe.ts';
import type { IsolationProfile } from '../../src/shared/model/network.ts';
import { createTestHost, serve } from './gateway/test-host.ts';
import { type RigMachine, SwitchRig } from './switch-rig.ts';

const GATEWAY_MAC = '52:55:00:00:00:01';
const PRIVATE = ['10.255.255.1', '172.31.255.1', '192.168.255.1', '100.127.255.1', '169.254.1.1'];
const INTERNET = '198.41.0.4';
const [GATEWAY, HOST] = ['10.0.2.1', '10.0.2.2'];

/** A switch with a gateway, and a machine on it that has 10.0.2.15. */
function network(profile: IsolationProfile, { hasOutside = true, isCableConnected = true } = {}) {
  const rig = new SwitchRig();
  const host = createTestHost();
  const settings = { id: 'gateway', macAddress: GATEWAY_MAC, subnet: '10.0.2.0/24', hasOutside };
  const gateway = new NatGateway({ host, settings });
  gateway.attach(rig.network);
  onTestFinished(() => gateway.close());
  const machine = rig.machine(1, { profile, isCableConnected });
  const send = async (...frames: FrameProbe[]) => {
    const from = { portId: machine.port.id, sourceAddress: '10.0.2.15', gatewayMac: GATEWAY_MAC };
    return (await probeFrames(rig.network, gateway, { ...from, frames, timeoutMs: 10_000 })).fates;
  };
  return { rig, host, gateway, machine, send };
}

const tcp = (address: string): FrameProbe => ({ kind: 'tcp', address, port: 443 });
const echo = (address: string): FrameProbe => ({ kind: 'echo', address });
const service: FrameProbe = { kind: 'service', address: HOST };
const opened = (address: string) => ({ fate: 'wouldOpen', address, port: 443 });
const refused = (rule: string) => ({ fate: 'refused', rule, answer: 'prohibited' });
const answered = { fate: 'answered' };
const isolated = { fate: 'dropped', reason: 'isolated' };

/** Neither the guest nor any count shows that something was tried. */
async function expectNoTrace({ machine, gateway }: { machine: RigMachine; gateway: NatGateway }): Promise<void> {
  expect(machine.take()).toEqual([]);
  expect(machine.port.counters).toEqual(new SwitchRig().machine(1).port.counters);
  expect(machine.port.diversions.size).toBe(0);
  await expect.poll(() => gateway.report().flows).toEqual([]);
  expect(gateway.report()).toMatchObject({ udpMappings: 0, refusalCounts: {}, leases: [] });
  expect(gateway.refusals()).toEqual([]);
}

describe('a frame that is tried at a port', () => {
  it.each([
    ['open', [answered, answered, answered], PRIVATE.map(opened), opened(INTERNET)],
    ['standard', [answered, refused('standard.host'), refused('standard.host')], PRIVATE.map(opened), opened(INTERNET)],
    [
      'noLan',
      [answered, refused('noLan.private'), refused('noLan.private')],
      PRIVATE.map(() => refused('noLan.private')),
      opened(INTERNET),
    ],
    [
      'offline',
      [answered, refused('offline.outside'), refused('offline.outside')],
      PRIVATE.map(() => isolated),
      isolated,
    ],
    ['quarantine', [isolated, isolated, isolated], PRIVATE.map(() => isolated), isolated],
  ] as const)('shows what the profile %s lets through, and leaves no trace', async (profile, host, lan, internet) => {
    const net = network(profile);
    expect(await net.send(echo(GATEWAY), echo(HOST), service)).toEqual(host);
    expect(await net.send(...PRIVATE.map(tcp))).toEqual(lan);
    expect(await net.send(tcp(INTERNET), { kind: 'udp', address: INTERNET, port: 443 })).toEqual([internet, internet]);
    await expectNoTrace(net);
    const asked = profile === 'open' ? [expect.stringMatching(/^127\.0\.0\.1:\d+$/)] : [];
    expect(net.host.asked).toEqual(asked);
  });

  it('opens no connection to a service that was not made for it', async () => {
    const net = network('open');
    const visitors: unknown[] = [];
    const { server, port } = await serve((socket) => visitors.push(socket));
    expect(await net.send({ kind: 'tcp', address: HOST, port })).toEqual([
      { fate: 'wouldOpen', address: '127.0.0.1', port },
    ]);
    expect(net.host.asked).toEqual([]);
    server.close();
    expect(visitors).toEqual([]);
  });

  it('ends at a pulled cable, and where a network has no outside', async () => {
    const pulled = network('open', { isCableConnected: false });
    expect(await pulled.send(tcp(INTERNET))).toEqual([{ fate: 'dropped', reason: 'cable' }]);
    await expectNoTrace(pulled);
    const inside = network('open', { hasOutside: false });
    expect(await inside.send(tcp(INTERNET), service, echo(GATEWAY))).toEqual([
      refused('gateway.noOutside'),
      refused('gateway.noOutside'),
      answered,
    ]);
    await expectNoTrace(inside);
  });

  it('is not held by what the line of the adapter does to frames', async () => {
    const net = network('open');
    const conditions = { delayMs: 60_000, lossPercent: 100 };
    net.rig.network.changePort(net.machine.port.id, { conditions, limitOutBitsPerSecond: 8000 });
    expect(await net.send(tcp(INTERNET), service, echo(HOST))).toEqual([opened(INTERNET), answered, answered]);
    await expectNoTrace(net);
  });

  it('is heeded however often the machine was told no already', async () => {
    const net = network('standard');
    const many = await net.send(...Array.from({ length: 32 }, () => tcp(HOST)));
    for (let round = 0; round < 8; round += 1)
      many.push(...(await net.send(...many.slice(0, 32).map(() => tcp(HOST)))));
    expect(new Set(many.map((fate) => JSON.stringify(fate)))).toEqual(
      new Set([JSON.stringify(refused('standard.host'))]),
    );
    await expectNoTrace(net);
  });

  it('finds nobody where there is no gateway', async () => {
    const rig = new SwitchRig();
    const machine = rig.machine(1, { profile: 'open' });
    const other = rig.machine(2, { profile: 'open' });
    const request = {
      portId: machine.port.id,
      sourceAddress: '169.254.7.7',
      gatewayMac: GATEWAY_MAC,
      timeoutMs: 10_000,
    };
    const frames = [tcp(INTERNET), service];
    expect((await probeFrames(rig.network, undefined, { ...request, frames })).fates).toEqual([
      { fate: 'silent' },
      { fate: 'silent' },
    ]);
    expect([...machine.take(), ...other.take()]).toEqual([]);
    const nobody = probeFrames(rig.network, undefined, { ...request, portId: 'nobody', frames });
    await expect(nobody).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });
});
