import type { Machine } from '../shared/model/machine.ts';
import { api } from './api.ts';
import { attempt } from './notify.tsx';
import { showTab } from './view.ts';

/** `base`, or `base 2`, `base 3`, … when it is taken. Names are compared without regard to case. */
export function freeName(base: string, taken: Iterable<string>): string {
  const used = new Set([...taken].map((name) => name.toLowerCase()));
  if (!used.has(base.toLowerCase())) return base;
  for (let number = 2; ; number += 1) {
    const name = `${base} ${number}`;
    if (!used.has(name.toLowerCase())) return name;
  }
}

/** Creates the demo machine, starts it and shows its screen. */
export function startDemo(machines: Iterable<Machine>): Promise<boolean> {
  const name = freeName(
    'Demo',
    [...machines].map((machine) => machine.config.name),
  );
  return attempt(async () => {
    const machine = await api.machine.create({ name, isDemo: true, keepsWarmStart: true });
    showTab(machine.id, 'console');
    await api.machine.start({ machine: machine.id });
  });
}
