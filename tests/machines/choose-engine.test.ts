import { describe, expect, it } from 'vitest';
import { chooseEngine, type EngineCandidate } from '../../src/main/engines/choose-engine.ts';
import { judgeConfig } from '../../src/main/engines/engine-verdict.ts';
import { FakeEngine } from '../../src/main/engines/fake/engine.ts';
import type { EngineChoice, EngineId } from '../../src/shared/model/engine.ts';
import { makeTestConfig } from '../support/machine-records.ts';

const { capabilities } = await new FakeEngine().probe();

interface Traits {
  acceleration?: string;
  isMissing?: boolean;
  cannot?: string;
}

function candidate(id: EngineId, { acceleration, isMissing = false, cannot }: Traits = {}): EngineCandidate {
  const cause = `${id} was not found.`;
  return {
    info: {
      id,
      name: id,
      version: '1',
      isAvailable: !isMissing,
      acceleration: acceleration ?? null,
      capabilities,
      findings: [{ subject: id, isGood: !isMissing, cause, cure: null }],
    },
    issues: cannot === undefined ? [] : [{ severity: 'error', field: 'memoryMiB', message: cannot }],
  };
}

const embedded = candidate('embedded', { acceleration: 'WebAssembly' });
const embeddedCannot = candidate('embedded', { acceleration: 'WebAssembly', cannot: 'Too much memory.' });
const kvm = candidate('qemu', { acceleration: 'KVM' });
const tcg = candidate('qemu', { acceleration: 'TCG' });
const qemuMissing = candidate('qemu', { isMissing: true });
const fake = candidate('fake');

describe('the choice of an engine', () => {
  it.each<[string, EngineChoice, EngineCandidate[], EngineId | null]>([
    ['auto takes QEMU with hardware acceleration', 'auto', [embedded, kvm], 'qemu'],
    ['auto takes QEMU without it before the embedded engine', 'auto', [embedded, tcg], 'qemu'],
    ['auto takes the embedded engine when QEMU is missing', 'auto', [embedded, qemuMissing], 'embedded'],
    ['auto passes over an engine that cannot', 'auto', [embeddedCannot, tcg], 'qemu'],
    ['auto finds nothing when nothing can', 'auto', [embeddedCannot, qemuMissing], null],
    ['auto never takes the fake engine', 'auto', [fake], null],
    ['a name takes that engine', 'embedded', [embedded, kvm], 'embedded'],
    ['a name takes the fake engine', 'fake', [embedded, fake], 'fake'],
    ['a name takes no other one', 'qemu', [embedded, qemuMissing], null],
    ['a name that is not installed finds nothing', 'qemu', [embedded], null],
  ])('%s', (_, engine, candidates, expected) => {
    expect(chooseEngine({ engine }, candidates).engine).toBe(expected);
  });

  it('says why, and why not the others', () => {
    expect(chooseEngine({ engine: 'auto' }, [embedded, qemuMissing]).reason).toBe(
      'embedded (WebAssembly) is the fastest engine here that can run this machine. ' +
        'qemu is not available: qemu was not found.',
    );
    expect(chooseEngine({ engine: 'embedded' }, [embeddedCannot]).reason).toBe('embedded: Too much memory.');
  });
});

describe('the verdict on a configuration', () => {
  const judge = (engine: EngineChoice, candidates: EngineCandidate[]) =>
    judgeConfig(makeTestConfig({ engine }), candidates).issues.map(({ severity, field }) => `${severity} ${field}`);

  it.each<[string, EngineChoice, EngineCandidate[], string[]]>([
    ['nothing when an engine can run it', 'auto', [embedded], []],
    ['a warning when the engine that could is only missing', 'auto', [embeddedCannot, qemuMissing], ['warning engine']],
    ['a warning when the named engine is missing', 'qemu', [embedded, qemuMissing], ['warning engine']],
    ['errors when no engine could ever run it', 'auto', [embeddedCannot], ['error memoryMiB']],
    ['errors of the named engine', 'embedded', [embeddedCannot, kvm], ['error memoryMiB']],
  ])('is %s', (_, engine, candidates, expected) => {
    expect(judge(engine, candidates)).toEqual(expected);
  });
});
