import { describe, expect, it } from 'vitest';
import { idlePolicy, schedule } from '../../src/main/cli/machine-settings/sleep-options.ts';

describe('inn set --idle', () => {
  it('takes steps with seconds, minutes, hours or days', () => {
    expect(idlePolicy('balloon:30s,pause:5m,save:1.5h')).toEqual({
      balloonAfterMinutes: 0.5,
      pauseAfterMinutes: 5,
      saveAfterMinutes: 90,
    });
    expect(idlePolicy('save:15')).toMatchObject({ saveAfterMinutes: 15, pauseAfterMinutes: null });
    expect(Object.values(idlePolicy('none'))).toEqual([null, null, null]);
  });

  it.each(['', 'sleep:5m', 'save', 'save:1s', 'save:-5'])('refuses "%s"', (text) => {
    expect(() => idlePolicy(text)).toThrow();
  });
});

describe('inn set --schedule', () => {
  it('takes days, times and actions, one after the other', () => {
    expect(schedule('mon-fri 08:00 start')).toEqual([{ days: [1, 2, 3, 4, 5], time: '08:00', action: 'start' }]);
    expect(schedule('sat,sunday 23:00 shutdown')).toEqual([{ days: [6, 0], time: '23:00', action: 'powerButton' }]);
    expect(schedule('fri-mon 00:30 save', schedule('daily 18:30 save'))).toEqual([
      { days: [], time: '18:30', action: 'save' },
      { days: [5, 6, 0, 1], time: '00:30', action: 'save' },
    ]);
    expect(schedule('none')).toEqual([]);
  });

  it.each(['08:00 start', 'mon 24:00 start', 'mon 08:00 explode', 'someday 08:00 start', 'mon 8:00 start'])(
    'refuses "%s"',
    (text) => {
      expect(() => schedule(text)).toThrow();
    },
  );
});
