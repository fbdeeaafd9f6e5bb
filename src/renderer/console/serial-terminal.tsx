import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import { useEffect, useRef } from 'react';
import { can } from '../../shared/machine-state.ts';
import type { Machine, MachineId } from '../../shared/model/machine.ts';
import { type ByteChannel, keepOpen, openByteChannel } from './console-channel.ts';
import classes from './console-page.module.css';

const LOOK = {
  fontFamily: "'JetBrains Mono', 'Cascadia Mono', Consolas, 'Liberation Mono', monospace",
  fontSize: 13,
  lineHeight: 1.2,
  scrollback: 10_000,
  cursorBlink: true,
  screenReaderMode: false,
  theme: { background: '#101113', foreground: '#dad8d3', cursor: '#f4bb63', selectionBackground: '#3d4672' },
};

/** The guest's first serial port as a terminal. */
export function SerialTerminal({ machine, isHidden }: { machine: Machine; isHidden: boolean }) {
  const target = useRef<HTMLDivElement>(null);
  const { id, pid } = machine;
  const hasSerial = can('show', machine.state);
  useEffect(() => {
    if (target.current === null || pid === null || !hasSerial) return;
    const stop = new AbortController();
    openTerminal(target.current, id, stop.signal);
    return () => stop.abort();
  }, [id, pid, hasSerial]);
  return (
    <section
      ref={target}
      className={classes.terminal}
      hidden={isHidden}
      aria-label={`Serial terminal of ${machine.config.name}`}
    />
  );
}

function openTerminal(target: HTMLElement, machine: MachineId, signal: AbortSignal): void {
  const terminal = new Terminal(LOOK);
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(target);
  const observer = new ResizeObserver(() => {
    if (target.clientHeight > 0) fit.fit();
  });
  observer.observe(target);
  terminal.focus();
  signal.addEventListener('abort', () => {
    observer.disconnect();
    terminal.dispose();
  });
  void keepOpen(
    () => openByteChannel(machine, 'serial'),
    (channel) => joinUntilClosed(terminal, channel, signal),
    signal,
  );
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
