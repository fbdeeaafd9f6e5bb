import type { Machine } from '../../shared/model/machine.ts';

export function ConsolePage({ machine }: { machine: Machine }) {
  return <div>{machine.config.name}</div>;
}
