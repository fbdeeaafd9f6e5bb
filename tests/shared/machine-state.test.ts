import { describe, expect, it } from 'vitest';
import { assertCan } from '../../src/main/machines/guard.ts';
import { InnError } from '../../src/shared/errors.ts';
import {
  ACTIONS,
  ALL_ACTIONS,
  ALL_STATES,
  can,
  describeState,
  hasSavedState,
  isOnline,
  isRest,
  isTransient,
  MACHINE_STATES,
  type MachineAction,
  type MachineState,
  stateAfter,
  stateDuring,
  suggestAction,
} from '../../src/shared/machine-state.ts';
import { makeTestRecord } from '../support/machine-records.ts';

/**
 * The whole table by hand, a second time: `x` is legal. Columns: PoweredOff, Saved, Aborted, AbortedSaved | Running,
 * Paused, Stuck | Starting, Stopping, Saving, Restoring | Snapshotting, LiveSnapshotting, RestoringSnapshot,
 * DeletingSnapshot, DeletingSnapshotOnline, SettingUp. Source: field guide §4.2.
 */
const LEGAL: Record<MachineAction, string> = {
  start: '           xxxx ... .... ......',
  pause: '           .... x.. .... ......',
  resume: '          .... .x. .... ......',
  reset: '           .... xxx .... ......',
  powerButton: '     .... x.. .... ......',
  powerOff: '        .... xxx x.xx xx..x.',
  saveState: '       .... xx. .... ......',
  discardState: '    .x.x ... .... ......',
  keepWarmStart: '   .... xx. .... ......',
  show: '            .... xxx ..x. xx..x.',
  type: '            .... x.. .... .x..x.',
  screenshot: '      .... xxx .... xx..x.',
  configure: '       x.x. ... .... ......',
  configureLive: '   xxxx xx. .... ......',
  clone: '           x.x. ... .... ......',
  takeSnapshot: '    xxxx xx. .... ......',
  restoreSnapshot: ' xxxx ... .... ......',
  deleteSnapshot: '  xxxx xx. .... ......',
  remove: '          xxxx ... .... ......',
};

const cases = ALL_ACTIONS.flatMap((action) =>
  ALL_STATES.map((state, column) => ({ action, state, isLegal: LEGAL[action].replaceAll(' ', '')[column] === 'x' })),
);

describe('the action table', () => {
  it('is written down here for every action and every state', () => {
    for (const marks of Object.values(LEGAL)) expect(marks.replaceAll(' ', '')).toHaveLength(ALL_STATES.length);
    expect(Object.keys(LEGAL).sort()).toEqual([...ALL_ACTIONS].sort());
  });

  it.each(cases)('$action in $state: legal is $isLegal', ({ action, state, isLegal }) => {
    expect(can(action, state)).toBe(isLegal);
  });

  it('passes through transient states only, and ends in none', () => {
    for (const action of ALL_ACTIONS) {
      for (const state of ACTIONS[action].from) {
        const during = stateDuring(action, state);
        expect(during === undefined || isTransient(during), `${action} from ${state}`).toBe(true);
      }
      const after = stateAfter(action);
      expect(after === undefined || !isTransient(after), action).toBe(true);
    }
  });

  it('says which state a start goes through', () => {
    expect(stateDuring('start', 'PoweredOff')).toBe('Starting');
    expect(stateDuring('start', 'AbortedSaved')).toBe('Restoring');
    expect(stateDuring('pause', 'Running')).toBeUndefined();
  });
});

describe('states', () => {
  it('are each of exactly one kind', () => {
    for (const state of ALL_STATES) {
      expect([isRest(state), isOnline(state), isTransient(state)].filter(Boolean), state).toHaveLength(1);
    }
  });

  it('keep a saved state in two of them, both at rest', () => {
    expect(ALL_STATES.filter(hasSavedState)).toEqual(['Saved', 'AbortedSaved']);
  });

  it('are printed with their reason', () => {
    expect(describeState('Paused', 'ioError')).toBe('Paused (I/O error)');
    expect(describeState('AbortedSaved')).toBe('Aborted-Saved');
  });
});

describe('a suggestion', () => {
  const illegal = cases.filter(({ isLegal }) => !isLegal);

  it.each(illegal)('for $action in $state leads there in one step, or there is none', ({ action, state }) => {
    const step = suggestAction(action, state);
    if (step === undefined) return;
    expect(can(step, state)).toBe(true);
    const after = stateAfter(step);
    expect(after && can(action, after)).toBe(true);
  });

  it.each<[MachineAction, MachineState, MachineAction | undefined]>([
    ['pause', 'PoweredOff', 'start'],
    ['pause', 'Paused', 'resume'],
    ['configure', 'Running', 'powerOff'],
    ['configure', 'Saved', 'discardState'],
    ['remove', 'Stuck', 'powerOff'],
    ['start', 'Stopping', undefined],
    ['start', 'Running', 'powerOff'],
  ])('for %s in %s is %s', (action, state, step) => {
    expect(suggestAction(action, state)).toBe(step);
  });
});

describe('the guard', () => {
  it.each(cases)('lets $action in $state pass only when the table does', ({ action, state, isLegal }) => {
    const guard = () => assertCan(action, makeTestRecord({ state }));
    if (isLegal) return expect(guard).not.toThrow();
    const refusal = catchRefusal(guard);
    expect(refusal.code).toBe('INVALID_STATE');
    expect(refusal.message).toContain(`'web'`);
    expect(refusal.message).toContain(`(machine state: ${MACHINE_STATES[state].label}).`);
    expect(refusal.hint).toBeTruthy();
    expect(refusal.details).toEqual({
      state,
      action,
      allowedFrom: [...ACTIONS[action].from],
      suggestedAction: suggestAction(action, state) ?? null,
    });
  });

  it('speaks in whole sentences', () => {
    const refusal = catchRefusal(() => assertCan('resume', makeTestRecord({ state: 'Running' })));
    expect(refusal.message).toBe("Cannot resume 'web' because it is not paused (machine state: Running).");
    const waiting = catchRefusal(() => assertCan('start', makeTestRecord({ state: 'Stopping' })));
    expect(waiting.hint).toBe("Wait until 'web' has settled, then try again.");
  });

  it('lets a machine with a damaged record only be ended and removed', () => {
    const damaged = makeTestRecord({ isDamaged: true });
    expect(() => assertCan('remove', damaged)).not.toThrow();
    expect(() => assertCan('powerOff', { ...damaged, state: 'Running' })).not.toThrow();
    expect(catchRefusal(() => assertCan('start', damaged))).toMatchObject({ code: 'INVALID_CONFIG' });
  });
});

function catchRefusal(guard: () => void): InnError {
  try {
    guard();
  } catch (error) {
    if (error instanceof InnError) return error;
    throw error;
  }
  return expect.fail('expected a refusal');
}
