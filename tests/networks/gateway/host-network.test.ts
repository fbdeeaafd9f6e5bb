import { createSocket } from 'node:dgram';
import type { AddressInfo } from 'node:net';
import dnsPacket, { type Answer } from 'dns-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createHostNetwork,
  type HostNetwork,
  type HostRecordType,
} from '../../../src/main/networks/gateway/host-network.ts';

const name = 'host.example';
const RECORDS: Answer[] = [
  { name, type: 'A', ttl: 77, data: '203.0.113.7' },
  { name, type: 'AAAA', ttl: 78, data: '2001:db8::7' },
  { name, type: 'CNAME', ttl: 60, data: 'other.example' },
  { name, type: 'MX', ttl: 60, data: { preference: 10, exchange: 'mail.example' } },
  { name, type: 'NS', ttl: 60, data: 'ns.example' },
  { name, type: 'PTR', ttl: 60, data: 'www.example' },
  {
    name,
    type: 'SOA',
    ttl: 60,
    data: { mname: 'ns.example', rname: 'root.example', serial: 1, refresh: 2, retry: 3, expire: 4, minimum: 5 },
  },
  { name, type: 'SRV', ttl: 60, data: { priority: 1, weight: 2, port: 53, target: 'srv.example' } },
  { name, type: 'TXT', ttl: 60, data: ['one', 'two'] },
];
const NXDOMAIN = 3;

describe("the host's resolver", () => {
  const server = createSocket('udp4');
  let host: HostNetwork;

  beforeAll(async () => {
    server.on('message', (bytes, { port, address }) => {
      const { id = 0, questions = [] } = dnsPacket.decode(bytes);
      const answers = RECORDS.filter((each) => each.name === questions[0]?.name && each.type === questions[0]?.type);
      const isKnown = questions[0]?.name.endsWith('host.example');
      const reply = { type: 'response' as const, id, flags: isKnown ? 0 : NXDOMAIN, questions, answers };
      server.send(dnsPacket.encode(reply), port, address);
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    server.bind(0, '127.0.0.1', resolve);
    await promise;
    host = createHostNetwork([`127.0.0.1:${(server.address() as AddressInfo).port}`]);
  });
  afterAll(() => void server.close());

  it.each(RECORDS.map((record) => [record.type, record] as const))(
    'gives records of kind %s as they can be sent on',
    async (type, record) => {
      const [answer] = await host.resolve(name, type as HostRecordType);
      expect(answer).toMatchObject(
        type === 'TXT'
          ? { name, type, data: ['one', 'two'] }
          : (({ ttl: _, ...rest }) => rest)(record as Answer & { ttl: number }),
      );
      expect(
        dnsPacket.decode(dnsPacket.encode({ type: 'response', answers: [answer ?? expect.fail()] })).answers,
      ).toHaveLength(1);
    },
  );

  it('tells names that are not there from names without such a record', async () => {
    await expect(host.resolve('nowhere.test', 'A')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(host.resolve('sub.host.example', 'A')).rejects.toMatchObject({ code: 'ENODATA' });
  });

  it('knows the computer itself, and its addresses', async () => {
    expect(await host.resolve('localhost', 'A')).toMatchObject([{ type: 'A', data: '127.0.0.1' }]);
    expect(host.addresses()).toContain('127.0.0.1');
  });
});
