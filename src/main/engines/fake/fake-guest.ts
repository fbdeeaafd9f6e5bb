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
  }

  stand(): void {
    this.#settle();
    this.#runningSince = undefined;
  }

  /** Input on the serial port: echoed, as a terminal does. */
  receive(text: string): void {
    if (this.#runningSince === undefined) return;
    this.#print(text.replaceAll('\n', '\r\n'));
    this.#take(this.#serial, text, '~ # ');
  }

  /** Input from the keyboard: what it shows stands on the screen, not on the serial port. */
  type(text: string): void {
    if (this.#runningSince !== undefined) this.#take(this.#keyboard, text, '');
  }

  state(): FakeGuestState {
    this.#settle();
    return { counterMs: this.#counterMs };
  }

  restore(state: FakeGuestState): void {
    this.#counterMs = state.counterMs;
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

  /** What the command prints on the serial port. */
  #execute(command: string, isKeyboard: boolean): string | undefined {
    const redirected = /^echo (.*?) *> *\/dev\/ttyS0$/.exec(command)?.[1];
    if (redirected !== undefined) return redirected;
    const output = this.#answer(command);
    return isKeyboard ? undefined : output;
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
