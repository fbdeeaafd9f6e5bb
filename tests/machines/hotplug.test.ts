import { describe, expect, it } from 'vitest';
import { fails } from '../../src/main/engines/fake/fake-script.ts';
import type { MachineConfig } from '../../src/shared/model/machine.ts';
import { USUAL_ADAPTER } from '../../src/shared/model/network.ts';
import { openHouse } from '../support/fake-house.ts';
import { refusalOf } from '../support/refusal.ts';

const adapter = (last: number): MachineConfig['adapters'][number] => ({
  ...USUAL_ADAPTER,
  ...{ model: 'auto', mode: 'nat', macAddress: `52:54:00:12:34:0${last}`, isCableConnected: true },
});

async function running() {
  const house = openHouse();
  const id = house.add({ adapters: [adapter(1)] });
  await house.runner.start(id);
  const before = house.get(id);
  const apply = (changes: Partial<MachineConfig>) =>
    house.runner.applyLive(before, { ...before, config: { ...before.config, ...changes } });
  return { house, machine: house.process(id), apply };
}

describe('hardware of a running machine', () => {
  it('comes and goes, what goes first', async () => {
    const { machine, apply } = await running();
    await apply({ adapters: [adapter(2), adapter(3)], processors: { count: 3, capPercent: 100 } });
    expect(machine.plugged).toEqual(['- adapter 0', '+ adapter 0', '+ adapter 1', '= processors 3']);
  });

  it('is all as it was when a part of the change fails', async () => {
    const { house, machine, apply } = await running();
    house.engine.script.before.setCpuLimit = fails('No more caps.');
    const refused = await refusalOf(() =>
      apply({ adapters: [adapter(1), adapter(2)], processors: { count: 2, capPercent: 50 } }),
    );
    expect(refused.message).toBe('No more caps.');
    expect(machine.plugged).toEqual(['+ adapter 1', '= processors 2', '= processors 1', '- adapter 1']);
  });
});
