import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import {
  addBoardOptions,
  type BoardOptions,
  boardChanges,
  withBoardChanges,
} from '../../src/main/cli/machine-settings/board-options.ts';
import { makeTestConfig } from '../support/machine-records.ts';

function parse(...args: string[]): BoardOptions {
  const command = addBoardOptions(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  return command.parse(args, { from: 'user' }).opts<BoardOptions>();
}

describe('the options of motherboard, sound and priority', () => {
  it.each([
    [[], {}],
    [['--firmware', 'uefi', '--chipset', 'q35'], { motherboard: { firmware: 'uefi', chipset: 'q35' } }],
    [['--secure-boot', 'on', '--tpm', 'off'], { motherboard: { isSecureBoot: true, hasTpm: false } }],
    [['--watchdog', 'powerOff'], { motherboard: { watchdog: 'powerOff' } }],
    [['--audio', 'hda', '--audio-input', 'on'], { audio: { card: 'hda', hasInput: true } }],
    [['--priority', 'low'], { priority: 'low' }],
  ])('%o', (args, changes) => {
    expect(boardChanges(parse(...args))).toEqual(changes);
  });

  it.each([
    ['--firmware', 'coreboot'],
    ['--tpm', '1.2'],
    ['--audio', 'gus'],
    ['--priority', 'urgent'],
  ])('%s refuses %s', (option, value) => {
    expect(() => parse(option, value)).toThrow();
  });

  it('change only what they name', () => {
    const before = makeTestConfig();
    const after = withBoardChanges(before, parse('--tpm', 'on', '--priority', 'high'));
    expect(after).toEqual({
      ...before,
      motherboard: { ...before.motherboard, hasTpm: true },
      resources: { ...before.resources, priority: 'high' },
    });
    expect(withBoardChanges(before, {})).toEqual(before);
  });
});
