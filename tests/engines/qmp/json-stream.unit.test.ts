import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonStream, type JsonStreamItem } from '../../../src/main/engines/qmp/json-stream.ts';

function read(chunks: (string | Buffer)[], maxLength = 1000): JsonStreamItem[] {
  const stream = new JsonStream(maxLength);
  return chunks.flatMap((chunk) => [...stream.push(Buffer.from(chunk as string))]);
}

const value = (content: unknown): JsonStreamItem => ({ kind: 'value', value: content });
const kinds = (items: JsonStreamItem[]): string[] => items.map(({ kind }) => kind);

describe('a stream of JSON messages', () => {
  it('cuts messages with and without white space between them', () => {
    expect(read(['{"a":1}{"b":[{}]}\r\n\n {"c":"}"} '])).toEqual([
      value({ a: 1 }),
      value({ b: [{}] }),
      value({ c: '}' }),
    ]);
  });

  it('finds the same messages however the bytes are cut up', () => {
    const message = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue(), { maxKeys: 4 });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 4 }), fc.array(fc.nat(200)), (messages, cuts) => {
        const bytes = Buffer.from(messages.map((each) => JSON.stringify(each)).join(''));
        const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
        const expected = messages.map((each) => value(JSON.parse(JSON.stringify(each))));
        expect(read(chunks, 100_000)).toEqual(expected);
      }),
    );
  });

  it('goes on after a line of garbage', () => {
    expect(kinds(read(['hello\n{"a":1}']))).toEqual(['garbage', 'value']);
    expect(kinds(read(['{"a" 1}{"b":2}']))).toEqual(['garbage', 'value']);
    expect(kinds(read(['{"a\n{"b":2}']))).toEqual(['garbage', 'value']);
    expect(kinds(read(['{"a":]}\n{"b":2}'])).at(-1)).toBe('value');
  });

  it('waits for the rest of a message that may span lines', () => {
    expect(read(['{\n  "a":\n', '  1\n}'])).toEqual([value({ a: 1 })]);
  });

  it('gives up on a message beyond the limit, whether it is JSON or not', () => {
    expect(kinds(read([`{"a":"${'x'.repeat(2000)}`]))).toEqual(['hopeless']);
    expect(kinds(read(['x'.repeat(600), 'x'.repeat(600)]))).toEqual(['hopeless']);
  });

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 10 }), (chunks) => {
        expect(() => read(chunks.map((chunk) => Buffer.from(chunk)))).not.toThrow();
      }),
    );
  });
});
