import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import { can } from '../../shared/machine-state.ts';
import type { Machine, MachineId } from '../../shared/model/machine.ts';
import { world } from '../store.ts';
import { type ByteChannel, keepOpen, openByteChannel } from './console-channel.ts';

const LOOK = {
  fontFamily: "'JetBrains Mono', 'Cascadia Mono', Consolas, 'Liberation Mono', monospace",
  fontSize: 13,
  lineHeight: 1.2,
  scrollback: 10_000,
  cursorBlink: true,
  screenReaderMode: false,
  theme: { background: '#101113', foreground: '#dad8d3', cursor: '#f4bb63', selectionBackground: '#3d4672' },
};

/** A terminal that was looked at once. It goes on reading while it is out of sight, so that nothing is missed. */
interface KeptTerminal {
  terminal: Terminal;
  fit: FitAddon;
  /** Goes in and out of the page; the terminal stays in it. */
  element: HTMLElement;
  /** Process that it is connected to; null while there is none. */
  pid: number | null;
  stop: AbortController;
}

const kept = new Map<MachineId, KeptTerminal>();
world.subscribe(followWorld);

/** Puts the machine's terminal into `target`, connected, with everything that it has shown. Returns how to take it out. */
export function showTerminal(target: HTMLElement, machine: Machine): () => void {
  const { terminal, fit, element } = keptTerminal(machine, target);
  target.append(element);
  const observer = new ResizeObserver(() => {
    if (target.clientHeight > 0) fit.fit();
  });
  observer.observe(target);
  terminal.focus();
  return () => {
    observer.disconnect();
    element.remove();
  };
}

function keptTerminal(machine: Machine, target: HTMLElement): KeptTerminal {
  const known = kept.get(machine.id);
  if (known !== undefined) return known;
  const terminal = new Terminal(LOOK);
  const fit = new FitAddon();
  const element = document.createElement('div');
  element.style.height = '100%';
  // A terminal measures its letters when it is opened, and can do so only within the page.
  target.append(element);
  terminal.loadAddon(fit);
  terminal.open(element);
  const made: KeptTerminal = { terminal, fit, element, pid: null, stop: new AbortController() };
  kept.set(machine.id, made);
  followMachine(made, machine);
  return made;
}

/** Connects each terminal to its machine's present process; forgets those whose machine is gone. */
function followWorld(): void {
  const { machines, isLoaded } = world.get();
  for (const [id, terminal] of kept) {
    const machine = machines.get(id);
    if (machine !== undefined) followMachine(terminal, machine);
    else if (isLoaded) forget(id, terminal);
  }
}

function followMachine(terminal: KeptTerminal, { id, pid, state }: Machine): void {
  const wanted = can('show', state) ? pid : null;
  if (wanted === terminal.pid) return;
  terminal.stop.abort();
  terminal.stop = new AbortController();
  terminal.pid = wanted;
  if (wanted === null) return;
  const { signal } = terminal.stop;
  void keepOpen(
    () => openByteChannel(id, 'serial'),
    (channel) => joinUntilClosed(terminal.terminal, channel, signal),
    signal,
  );
}

function forget(id: MachineId, { terminal, stop, element }: KeptTerminal): void {
  stop.abort();
  terminal.dispose();
  element.remove();
  kept.delete(id);
}

/** Bytes of the channel to the terminal and back, until the channel has ended. */
function joinUntilClosed(terminal: Terminal, channel: ByteChannel, signal: AbortSignal): Promise<void> {
  const encoder = new TextEncoder();
  channel.onmessage = (event: { data: unknown }) => {
    if (event.data instanceof ArrayBuffer) terminal.write(new Uint8Array(event.data));
  };
  const sending = [
    terminal.onData((text) => channel.send(encoder.encode(text))),
    terminal.onBinary((text) => channel.send(Uint8Array.from(text, (letter) => letter.charCodeAt(0)))),
  ];
  const close = () => channel.close();
  signal.addEventListener('abort', close, { once: true });
  return new Promise((resolve) => {
    channel.onclose = () => {
      signal.removeEventListener('abort', close);
      for (const each of sending) each.dispose();
      resolve();
    };
  });
}
