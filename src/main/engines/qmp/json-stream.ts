import { StringDecoder } from 'node:string_decoder';

export type JsonStreamItem =
  | { kind: 'value'; value: unknown }
  /** What came was no JSON; reading goes on after it. */
  | { kind: 'garbage'; reason: string }
  /** A message grew beyond the limit: where the next one starts cannot be known any more. */
  | { kind: 'hopeless'; reason: string };

const INSIDE_STRING = /["\\\n]/g;
const OUTSIDE_STRING = /["{}[\]]/g;
const WHITE = /\S/g;

/**
 * Cuts a stream of bytes into JSON objects, one after another, with or without white space between them: QMP ends its
 * messages with CR LF, but asks readers not to rely on it (QMP specification 2.1). Memory is bounded by `maxLength`
 * characters per message.
 */
export class JsonStream {
  readonly #decoder = new StringDecoder('utf8');
  readonly #maxLength: number;
  #text = '';
  #scanned = 0;
  #depth = 0;
  #inString = false;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** Takes in the next bytes and yields what they completed. After `hopeless` the stream yields nothing more. */
  *push(bytes: Buffer): Generator<JsonStreamItem> {
    this.#text += this.#decoder.write(bytes);
    for (;;) {
      const item = this.#next();
      if (item === undefined) break;
      yield item;
      if (item.kind === 'hopeless') return;
    }
  }

  #next(): JsonStreamItem | undefined {
    if (this.#depth === 0) {
      this.#skipWhite();
      if (this.#text !== '' && !this.#text.startsWith('{')) return this.#takeGarbage();
    }
    const end = this.#scan();
    if (end !== undefined) return end === 'broken' ? this.#takeGarbage() : this.#takeMessage(end);
    return this.#text.length > this.#maxLength ? this.#giveUp() : undefined;
  }

  #skipWhite(): void {
    WHITE.lastIndex = 0;
    const first = WHITE.exec(this.#text);
    this.#text = first === null ? '' : this.#text.slice(first.index);
    this.#scanned = 0;
  }

  /** Position behind the object that starts the text; undefined while it is incomplete. */
  #scan(): number | 'broken' | undefined {
    for (;;) {
      const pattern = this.#inString ? INSIDE_STRING : OUTSIDE_STRING;
      pattern.lastIndex = this.#scanned;
      const found = pattern.exec(this.#text);
      if (found === null) {
        this.#scanned = Math.max(this.#scanned, this.#text.length);
        return undefined;
      }
      this.#scanned = found.index + 1;
      const mark = found[0];
      if (this.#inString && mark === '\n') return 'broken'; // a string never spans lines: the message was cut off
      if (mark === '\\') this.#scanned += 1;
      else if (mark === '"') this.#inString = !this.#inString;
      else this.#depth += mark === '{' || mark === '[' ? 1 : -1;
      if (this.#depth === 0 && !this.#inString) return this.#scanned;
    }
  }

  #takeMessage(end: number): JsonStreamItem {
    const message = this.#text.slice(0, end);
    this.#startOver(this.#text.slice(end));
    try {
      return { kind: 'value', value: JSON.parse(message) };
    } catch {
      return { kind: 'garbage', reason: 'Invalid JSON.' };
    }
  }

  /** Drops the rest of the line, the one place where a new message may be expected. */
  #takeGarbage(): JsonStreamItem | undefined {
    const newline = this.#text.indexOf('\n', Math.max(0, this.#scanned - 1));
    if (newline < 0) return this.#text.length > this.#maxLength ? this.#giveUp() : undefined;
    this.#startOver(this.#text.slice(newline + 1));
    return { kind: 'garbage', reason: 'A JSON object was expected.' };
  }

  #giveUp(): JsonStreamItem {
    this.#startOver('');
    return { kind: 'hopeless', reason: `A message has at most ${this.#maxLength} characters.` };
  }

  #startOver(rest: string): void {
    this.#text = rest;
    this.#scanned = 0;
    this.#depth = 0;
    this.#inString = false;
  }
}
