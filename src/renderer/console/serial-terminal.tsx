import { useEffect, useRef } from 'react';
import type { Machine } from '../../shared/model/machine.ts';
import classes from './console-page.module.css';
import { showTerminal } from './serial-terminals.ts';

/** The guest's first serial port as a terminal. What it has shown stays when one looks elsewhere and comes back. */
export function SerialTerminal({ machine, isHidden }: { machine: Machine; isHidden: boolean }) {
  const target = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the terminal itself follows the machine's changes
  useEffect(() => (target.current === null ? undefined : showTerminal(target.current, machine)), [machine.id]);
  return (
    <section
      ref={target}
      className={classes.terminal}
      hidden={isHidden}
      aria-label={`Serial terminal of ${machine.config.name}`}
    />
  );
}
