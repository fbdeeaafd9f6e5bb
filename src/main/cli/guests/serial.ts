import type { Duplex } from 'node:stream';
import { InnError } from '../../../shared/errors.ts';
import type { CliContext } from '../command-parts/context.ts';

const KEPT_CHARACTERS = 64 * 1024;
/** Ctrl-], as telnet and virsh do. */
const ESCAPE = 0x1d;

export interface Script {
  /** Sent first, as it stands. */
  send?: string | undefined;
  /** Text to wait for in what comes after `send`. */
  wait?: string | undefined;
  timeoutMs: number;
  /** Called with everything the guest prints. */
  onOutput(text: string): void;
}

/**
 * Sends and waits on a serial stream. What the guest printed before counts only when nothing is sent.
 * @throws InnError `TIMEOUT` with the last lines seen, `ENGINE_FAILED` when the stream ends first.
 */
export async function runScript(stream: Duplex, script: Script): Promise<void> {
  const { wait } = script;
  const seen = wait === undefined ? undefined : waitForText(stream, wait, script);
  if (script.send !== undefined) stream.write(script.send.endsWith('\n') ? script.send : `${script.send}\n`);
  await seen;
}

function waitForText(stream: Duplex, wanted: string, script: Script): Promise<void> {
  let tail = '';
  return new Promise((resolve, reject) => {
    const fail = (code: 'TIMEOUT' | 'ENGINE_FAILED', message: string) => {
      finish();
      const lines = tail.trimEnd().split('\n').slice(-5).join('\n');
      reject(new InnError(code, message, { hint: `The last lines on the serial port were:\n${lines}` }));
    };
    const timer = setTimeout(
      () => fail('TIMEOUT', `'${wanted}' did not appear on the serial port within ${script.timeoutMs / 1000} s.`),
      script.timeoutMs,
    );
    const onData = (chunk: Buffer) => {
      const text = chunk.toString('utf8');
      script.onOutput(text);
      tail = (tail + text).slice(-KEPT_CHARACTERS);
      if (!tail.includes(wanted)) return;
      finish();
      resolve();
    };
    const onEnd = () => fail('ENGINE_FAILED', `The serial port was closed before '${wanted}' appeared.`);
    const finish = () => {
      clearTimeout(timer);
      stream.off('data', onData).off('close', onEnd).off('error', onEnd);
    };
    stream.on('data', onData).once('close', onEnd).once('error', onEnd);
  });
}

/** Joins the terminal and the serial port until the person presses Ctrl-] or the port is closed. */
export async function attachTerminal(stream: Duplex, context: CliContext, machine: string): Promise<void> {
  const { stdin, stdout } = context;
  stdout.write(`Attached to the serial port of '${machine}'. Ctrl-] detaches.\r\n`);
  if (stdin.isTTY) stdin.setRawMode(true);
  stdin.resume();
  await new Promise<void>((resolve) => {
    const onInput = (chunk: Buffer) => {
      const end = chunk.indexOf(ESCAPE);
      stream.write(end === -1 ? chunk : chunk.subarray(0, end));
      if (end !== -1) resolve();
    };
    stdin.on('data', onInput);
    if (!stdin.isTTY) stdin.once('end', resolve);
    stream.on('data', (chunk: Buffer) => stdout.write(chunk));
    stream.once('close', resolve);
    stream.once('error', () => resolve());
  });
  if (stdin.isTTY) stdin.setRawMode(false);
  stdin.pause();
  stream.destroy();
  stdout.write('\r\nDetached.\r\n');
}
