import { useCallback, useState } from 'react';
import { can } from '../../shared/machine-state.ts';
import type { Machine, MachineId } from '../../shared/model/machine.ts';
import { runCommand } from '../actions.tsx';
import { StateLabel } from '../components/state-look.tsx';
import { observable, useObservable } from '../observable.ts';
import { preferences, setPreference } from '../view.ts';
import { downloadScreenshot, sendKeys } from './console-commands.ts';
import { ConsoleOverlay } from './console-overlay.tsx';
import classes from './console-page.module.css';
import { type ConsoleMode, ConsoleToolbar } from './console-toolbar.tsx';
import { toggleFullscreen, useIsFullscreen } from './fullscreen.ts';
import { Screen, type ScreenStatus } from './screen.tsx';
import { SerialTerminal } from './serial-terminal.tsx';

const UNKNOWN: ScreenStatus = { isConnected: false, size: null, hasInput: false };

/** Screen or serial, for each machine: it is as it was left when one comes back to the tab. */
const consoleModes = observable<ReadonlyMap<MachineId, ConsoleMode>>(new Map());

/** The machine as one sits before it: screen or serial terminal, keys, state. */
export function ConsolePage({ machine }: { machine: Machine }) {
  const mode = useObservable(consoleModes, (now) => now.get(machine.id) ?? 'screen');
  const [hasSerial, setHasSerial] = useState(mode === 'serial');
  const [status, setStatus] = useState(UNKNOWN);
  const isFullscreen = useIsFullscreen();
  const onStatus = useCallback((change: Partial<ScreenStatus>) => setStatus((now) => ({ ...now, ...change })), []);
  const onFullscreen = () => void toggleFullscreen();
  const chooseMode = (next: ConsoleMode) => {
    consoleModes.update((now) => new Map(now).set(machine.id, next));
    if (next === 'serial') setHasSerial(true);
  };
  return (
    <div className={classes.console} data-full={isFullscreen || undefined}>
      <ConsoleToolbar
        machine={machine}
        mode={mode}
        onMode={chooseMode}
        isFullscreen={isFullscreen}
        onFullscreen={onFullscreen}
      />
      <div className={classes.stage} data-input={(status.hasInput && mode === 'screen') || undefined}>
        <Screen
          machine={machine}
          isHidden={mode !== 'screen'}
          onStatus={onStatus}
          onCombination={(code) => pressHostCombination(code, machine, onFullscreen)}
        />
        {hasSerial && <SerialTerminal machine={machine} isHidden={mode !== 'serial'} />}
        <ConsoleOverlay machine={machine} isConnected={mode === 'serial' || status.isConnected} />
      </div>
      <StatusLine machine={machine} status={status} mode={mode} />
    </div>
  );
}

function StatusLine({ machine, status, mode }: { machine: Machine; status: ScreenStatus; mode: ConsoleMode }) {
  const { isConnected, size, hasInput } = status;
  const input = hasInput ? 'Keys go to the guest' : 'Click the screen to type into it';
  return (
    <div className={classes.status}>
      <StateLabel machine={machine} withReason />
      {mode === 'screen' && isConnected && size !== null && (
        <span className="inn-numbers">
          {size.width} × {size.height}
        </span>
      )}
      {mode === 'screen' && isConnected && (
        <span className={classes.input} data-on={hasInput || undefined} role="status">
          {input}
          {hasInput && (
            <>
              {' '}
              · <kbd>Right Ctrl</kbd> gives them back
            </>
          )}
        </span>
      )}
    </div>
  );
}

/** Host-key combinations, after the field's custom. */
function pressHostCombination(code: string, machine: Machine, onFullscreen: () => void): void {
  const combinations: Record<string, () => void> = {
    KeyF: onFullscreen,
    KeyC: () => setPreference('fitsScreen', !preferences.get().fitsScreen),
    KeyP: () => runCommand(can('resume', machine.state) ? 'resume' : 'pause', machine),
    KeyR: () => runCommand('reset', machine),
    KeyH: () => runCommand('powerButton', machine),
    KeyS: () => runCommand('settings', machine),
    KeyT: () => runCommand('takeSnapshot', machine),
    KeyE: () => void downloadScreenshot(machine),
    Delete: () => void sendKeys(machine, ['ctrl', 'alt', 'delete']),
    Backspace: () => void sendKeys(machine, ['ctrl', 'alt', 'backspace']),
  };
  combinations[code]?.();
}
