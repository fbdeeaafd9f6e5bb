import type { Machine } from '../shared/model/machine.ts';
import { api } from './api.ts';
import { freeName } from './free-name.ts';
import { attempt } from './notify.tsx';
import { showConsole } from './view.ts';

/** Creates the demo machine, starts it and shows its screen. */
export function startDemo(machines: Iterable<Machine>): Promise<boolean> {
  const name = freeName(
    'Demo',
    [...machines].map((machine) => machine.config.name),
  );
  return attempt(async () => {
    const machine = await api.machine.create({ name, isDemo: true, keepsWarmStart: true });
    showConsole(machine.id);
    await api.machine.start({ machine: machine.id });
  });
}
