import type { Duplex } from 'node:stream';

/** Text after which the demo guest's shell takes commands. */
export const GUEST_READY = 'INNKEEPER DEMO READY';

const TIMEOUT_MS = 100_000;

/** What the demo guest writes on every terminal when it gets an address, be it into a command's output. */
const NETWORK_NEWS = /.\[Keth\d+: [^\n]*\n/g;

/** Reads and writes a serial port as a patient person would: each `expect` goes on where the last one ended. */
export class SerialConsole implements AsyncDisposable {
  readonly #stream: Duplex;
  #text = '';
  #position = 0;
  #wake: () => void = () => {};

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString('latin1');
      this.#wake();
    });
    stream.on('error', () => this.#wake());
  }

  /** Waits for the pattern after what was matched before, and returns the match. */
  async expect(pattern: string | RegExp, timeoutMs = TIMEOUT_MS): Promise<RegExpMatchArray> {
    const wanted = typeof pattern === 'string' ? new RegExp(pattern.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : pattern;
    const end = Date.now() + timeoutMs;
    for (;;) {
      const match = wanted.exec(this.#text.slice(this.#position));
      if (match) {
        this.#position += match.index + match[0].length;
        return match;
      }
      if (Date.now() > end || this.#stream.destroyed) {
        throw new Error(
          `${wanted} did not come on the serial port. Since the last match:\n${this.#text.slice(this.#position).slice(-1500)}`,
        );
      }
      await this.#data(end - Date.now());
    }
  }

  /**
   * Runs a shell command and returns what it printed: all that stands between two marks, but for news of the network. The
   * marks are quoted apart, so that the terminal's echo of the command is not taken for them.
   */
  async run(command: string, timeoutMs?: number): Promise<string> {
    const mark = Math.random().toString(36).slice(2, 10);
    this.send(`echo "begin-""${mark}"; ${command}; echo "end-""${mark} $?"`);
    // A terminal that listens as well may answer the shell's question for its cursor just then.
    const between = new RegExp(`begin-${mark}[^\\n"]*\\n([\\s\\S]*?)end-${mark} (\\d+)`);
    const [, output = '', status] = await this.expect(between, timeoutMs);
    if (status !== '0') throw new Error(`'${command}' ended with ${status}:\n${output}`);
    return output.replaceAll('\r', '').replaceAll(NETWORK_NEWS, '').trim();
  }

  send(line: string): void {
    this.#stream.write(`${line}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stream.destroy();
  }

  #data(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(1, timeoutMs));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
