import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FLAGS } from '../../../src/main/networks/gateway/packets/tcp-segment.ts';
import { content, type Fate, read, tcpPair } from './tcp-pair.ts';
import { VirtualClock } from './virtual-clock.ts';

const HOUR_MS = 3_600_000;
const perfect: Fate = () => [1];
const bytes = (length: number, seed = 1): Buffer =>
  Buffer.from(Array.from({ length }, (_, at) => (at * 31 + seed * 7 + (at >> 8)) & 255));

function connected(fate: Fate = perfect, options = {}) {
  const clock = new VirtualClock();
  const pair = tcpPair(clock, fate, options);
  pair.client.endpoint.connect();
  clock.runUntil(clock.nowMs() + 20_000);
  return { clock, ...pair };
}

describe('a connection', () => {
  it('opens with three segments', () => {
    const { client, server } = connected();
    expect([client.endpoint.state, server.endpoint.state]).toEqual(['open', 'open']);
    expect(client.sent.map(({ flags }) => flags)).toEqual([FLAGS.syn, FLAGS.ack]);
    expect(server.sent.map(({ flags }) => flags)).toEqual([FLAGS.syn | FLAGS.ack]);
  });

  it('carries bytes both ways over the end of the sequence numbers', () => {
    const { client, server, clock } = connected();
    client.endpoint.write(bytes(50_000));
    server.endpoint.write(bytes(70_000, 2));
    clock.runUntil(HOUR_MS);
    expect(content(server).equals(bytes(50_000))).toBe(true);
    expect(content(client).equals(bytes(70_000, 2))).toBe(true);
  });

  it('lets one direction end and the other go on', () => {
    const { client, server, clock } = connected();
    client.endpoint.write(bytes(10));
    client.endpoint.end();
    clock.runUntil(clock.nowMs() + 1000);
    expect([server.hasHeardEnd, client.hasHeardEnd]).toEqual([true, false]);
    server.endpoint.write(bytes(100_000));
    server.endpoint.end();
    clock.runUntil(clock.nowMs() + 5000);
    expect(content(client).equals(bytes(100_000))).toBe(true);
    expect([client.closed, server.closed]).toEqual(['done', 'done']);
    // Whoever ended first lingers, for segments that are late.
    expect([client.endpoint.state, server.endpoint.state]).toEqual(['timeWait', 'closed']);
    expect(clock.runUntil(HOUR_MS)).toBe(true);
    expect(client.endpoint.state).toBe('closed');
  });

  it('tells the other side of an abort', () => {
    const { client, server, clock } = connected();
    client.endpoint.abort();
    clock.runUntil(clock.nowMs() + 1000);
    expect([client.closed, server.closed]).toEqual(['aborted', 'reset']);
  });

  it('answers a SYN that nobody wants with a reset', () => {
    const clock = new VirtualClock();
    const { client, server } = tcpPair(clock, perfect);
    client.endpoint.connect();
    server.endpoint.hear({ ...(client.sent[0] ?? expect.fail()) });
    server.endpoint.abort();
    clock.runUntil(1000);
    expect(client.closed).toBe('refused');
  });

  it('believes no reset that does not fit exactly', () => {
    const { client, server, clock } = connected();
    const last = client.sent.at(-1) ?? expect.fail();
    server.endpoint.receive({ ...last, flags: FLAGS.rst, sequence: (last.sequence + 5) >>> 0 });
    clock.runUntil(clock.nowMs() + 1000);
    expect(server.endpoint.state).toBe('open');
    server.endpoint.receive({ ...last, flags: FLAGS.rst });
    expect(server.closed).toBe('reset');
  });

  it('gives up when nobody answers any more', () => {
    let isCut = false;
    const { client, clock } = connected(() => (isCut ? [] : [1]));
    isCut = true;
    client.endpoint.write(bytes(10));
    clock.runUntil(clock.nowMs() + 100_000);
    expect(client.closed).toBeUndefined();
    clock.runUntil(HOUR_MS);
    expect(client.closed).toBe('lost');
  });

  it('gives up opening when nobody answers', () => {
    const { client, clock } = connected(() => []);
    clock.runUntil(HOUR_MS);
    expect(client.closed).toBe('lost');
  });
});

describe('a slow reader', () => {
  it('is sent no more than it takes, and all in the end', () => {
    const { client, server, clock } = connected(perfect, { capacityBytes: 20_000 });
    server.isReading = false;
    client.endpoint.write(bytes(100_000));
    clock.runUntil(clock.nowMs() + 60_000);
    expect(server.mostHeldBytes).toBe(20_000);
    expect(client.endpoint.bufferedBytes).toBe(80_000);
    server.isReading = true;
    read(server, clock);
    clock.runUntil(clock.nowMs() + 300_000);
    expect(content(server).equals(bytes(100_000))).toBe(true);
  });

  it('is asked again when the word of its free window is lost', () => {
    let loses = false;
    const { client, server, clock } = connected((_, segment) => (loses && segment.sourcePort === 80 ? [] : [1]), {
      capacityBytes: 5000,
    });
    server.isReading = false;
    client.endpoint.write(bytes(9000));
    clock.runUntil(clock.nowMs() + 5000);
    loses = true;
    server.isReading = true;
    read(server, clock);
    clock.runUntil(clock.nowMs() + 10);
    loses = false;
    clock.runUntil(clock.nowMs() + 120_000);
    expect(content(server).equals(bytes(9000))).toBe(true);
  });

  it('may stay shut for an hour, as long as it answers', () => {
    const { client, server, clock } = connected(perfect, { capacityBytes: 5000 });
    server.isReading = false;
    client.endpoint.write(bytes(9000));
    clock.runUntil(clock.nowMs() + HOUR_MS);
    expect(client.closed).toBeUndefined();
  });
});

describe('loss', () => {
  it('of one segment among many is repaired without waiting for a time-out', () => {
    const lost = new Set([20]);
    const { client, server, clock } = connected((index) => (lost.delete(index) ? [] : [1]));
    const began = clock.nowMs();
    client.endpoint.write(bytes(60_000));
    clock.runUntil(began + 150);
    expect(lost.size).toBe(0);
    expect(content(server).equals(bytes(60_000))).toBe(true);
  });

  it('reordering and doubling never change what arrives, nor its end', () => {
    const fate = fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.constant<number[]>([1]) },
        fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 2 }),
      ),
      {
        minLength: 40,
        maxLength: 200,
      },
    );
    const size = fc.integer({ min: 0, max: 40_000 });
    fc.assert(
      fc.property(fate, size, size, fc.boolean(), (fates, up, down, endsEarly) => {
        const clock = new VirtualClock();
        const { client, server } = tcpPair(clock, (index) => fates[index] ?? [1], {
          capacityBytes: 9000,
          segmentBytes: 700,
        });
        client.endpoint.connect();
        clock.runUntil(70_000);
        expect([client.isOpen, server.isOpen]).toEqual([true, true]);
        client.endpoint.write(bytes(up));
        if (endsEarly) client.endpoint.end();
        clock.runUntil(clock.nowMs() + 100);
        server.endpoint.write(bytes(down, 2));
        server.endpoint.end();
        client.endpoint.end();
        const isQuiet = clock.runUntil(clock.nowMs() + HOUR_MS);
        expect(content(server).equals(bytes(up))).toBe(true);
        expect(content(client).equals(bytes(down, 2))).toBe(true);
        expect([client.closed, server.closed, isQuiet]).toEqual(['done', 'done', true]);
        expect(Math.max(client.mostHeldBytes, server.mostHeldBytes)).toBeLessThanOrEqual(9000);
      }),
      { numRuns: 150 },
    );
  });

  it('survives any segments that a stranger or a hostile guest makes up', () => {
    const number = fc.oneof(
      fc.integer({ min: 0, max: 2 ** 32 - 1 }),
      fc.integer({ min: 0x7fff_ff00, max: 0x7fff_ffff }),
      fc.integer({ min: 0xffff_fff0, max: 2 ** 32 - 1 }),
    );
    const segment = fc.record({
      sequence: number,
      acknowledgment: number,
      flags: fc.integer({ min: 0, max: 63 }),
      window: fc.integer({ min: 0, max: 65_535 }),
      payload: fc.uint8Array({ maxLength: 40 }),
    });
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 60 }), (segments) => {
        const { client, server, clock } = connected(perfect, { capacityBytes: 5000 });
        client.endpoint.write(bytes(20_000));
        for (const each of segments) {
          server.endpoint.receive({ sourcePort: 1000, destinationPort: 80, ...each });
          client.endpoint.receive({ sourcePort: 80, destinationPort: 1000, ...each });
          clock.runUntil(clock.nowMs() + 3);
        }
        clock.runUntil(clock.nowMs() + HOUR_MS);
        expect(server.mostHeldBytes).toBeLessThanOrEqual(5000);
      }),
      { numRuns: 100 },
    );
  });
});
