/** Milliseconds of running that make the counter grow by one. */
const COUNTER_STEP_MS = 10;

export interface FakeGuestState {
  counterMs: number | null;
}

/**
 * A guest small enough to be understood at a glance: a shell that knows a handful of the demo guest's commands, and a
 * counter that only grows while the guest runs.
 */
export class FakeGuest {
  readonly #print: (text: string) => void;
  readonly #powerOff: () => void;
  readonly #keyboard: { line: string } = { line: '' };
  readonly #serial: { line: string } = { line: '' };
  readonly #waiting: (() => void)[] = [];
  #counterMs: number | null = null;
  #runningSince: number | undefined;

  /** @param print what the guest says on its serial port; @param powerOff how it turns its machine off */
  constructor(print: (text: string) => void, powerOff: () => void) {
    this.#print = print;
    this.#powerOff = powerOff;
  }

  boot(): void {
    this.#counterMs = null;
    this.#print('INNKEEPER DEMO READY fake\r\n~ # ');
  }

  run(): void {
    this.#runningSince ??= performance.now();
    for (const take of this.#waiting.splice(0)) take();
  }

  stand(): void {
    this.#settle();
    this.#runningSince = undefined;
  }

  /** Input on the serial port: echoed, as a terminal does. */
  receive(text: string): void {
    this.#whenRunning(() => {
      this.#print(text.replaceAll('\n', '\r\n'));
      this.#take(this.#serial, text, '~ # ');
    });
  }

  /** Input from the keyboard: what it shows stands on the screen, not on the serial port. */
  type(text: string): void {
    this.#whenRunning(() => this.#take(this.#keyboard, text, ''));
  }

  state(): FakeGuestState {
    this.#settle();
    return { counterMs: this.#counterMs };
  }

  restore(state: FakeGuestState): void {
    this.#counterMs = state.counterMs;
  }

  /** What comes in while the guest stands still waits for it, as in the buffers of real devices. */
  #whenRunning(take: () => void): void {
    if (this.#runningSince === undefined) this.#waiting.push(take);
    else take();
  }

  #take(terminal: { line: string }, text: string, prompt: string): void {
    for (const character of text) {
      if (character !== '\n' && character !== '\r') {
        terminal.line += character;
        continue;
      }
      const output = this.#execute(terminal.line.trim(), prompt === '');
      terminal.line = '';
      if (output !== undefined) this.#print(`${output}\r\n`);
      this.#print(prompt);
    }
  }

  /** What a line of commands prints on the serial port. */
  #execute(line: string, isKeyboard: boolean): string | undefined {
    const output: string[] = [];
    let hasFailed = false;
    for (const command of line.split(';').map((each) => each.trim())) {
      const words: string = command.replaceAll('"', '').replaceAll('$?', hasFailed ? '1' : '0');
      const redirected: string | undefined = /^echo (.*?) *> *\/dev\/ttyS0$/.exec(words)?.[1];
      const answer: string | undefined = redirected ?? this.#answer(words);
      hasFailed = answer?.endsWith('not found') ?? false;
      if (answer !== undefined && (redirected !== undefined || !isKeyboard)) output.push(answer);
    }
    return output.length === 0 ? undefined : output.join('\r\n');
  }

  #answer(command: string): string | undefined {
    this.#settle();
    if (command === '') return undefined;
    if (command.startsWith('echo ')) return command.slice(5);
    if (command === 'poweroff') return void this.#powerOff();
    if (command === 'counter') {
      this.#counterMs ??= 0;
      return 'counter: started';
    }
    if (command === 'counter show') {
      return this.#counterMs === null ? 'counter: not started' : String(Math.floor(this.#counterMs / COUNTER_STEP_MS));
    }
    return `sh: ${command}: not found`;
  }

  #settle(): void {
    if (this.#runningSince === undefined) return;
    const now = performance.now();
    if (this.#counterMs !== null) this.#counterMs += now - this.#runningSince;
    this.#runningSince = now;
  }
}
