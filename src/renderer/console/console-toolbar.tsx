import { ActionIcon, Button, Menu, SegmentedControl, Tooltip } from '@mantine/core';
import {
  type Icon,
  IconArrowsMaximize,
  IconArrowsMinimize,
  IconAspectRatio,
  IconCamera,
  IconChevronDown,
  IconClipboardText,
  IconKeyboard,
} from '@tabler/icons-react';
import { ACTIONS, can } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import { useObservable } from '../observable.ts';
import { CommandButton } from '../toolbar.tsx';
import { preferences, setPreference } from '../view.ts';
import { downloadScreenshot, pasteAsKeys, sendKeys } from './console-commands.ts';
import classes from './console-page.module.css';
import { COMMON_KEYS, FUNCTION_KEYS, type GuestKeys, TERMINAL_KEYS } from './guest-keys.ts';

export type ConsoleMode = 'screen' | 'serial';

interface ConsoleToolbarProps {
  machine: Machine;
  mode: ConsoleMode;
  onMode(mode: ConsoleMode): void;
  isFullscreen: boolean;
  onFullscreen(): void;
}

/** What can be done to the guest from its console. */
export function ConsoleToolbar({ machine, mode, onMode, isFullscreen, onFullscreen }: ConsoleToolbarProps) {
  const isFitting = useObservable(preferences, (now) => now.fitsScreen);
  const isPaused = machine.state === 'Paused';
  return (
    <div className={classes.tools} role="toolbar" aria-label="Console" id="console-tools" tabIndex={-1}>
      <SegmentedControl
        aria-label="Console mode"
        value={mode}
        onChange={(value) => onMode(value === 'serial' ? 'serial' : 'screen')}
        data={[
          { value: 'screen', label: 'Screen' },
          { value: 'serial', label: 'Serial' },
        ]}
      />
      <span className={classes.gap} />
      <KeysMenu machine={machine} />
      <Tool
        label="Paste as Keystrokes"
        icon={IconClipboardText}
        reason={can('type', machine.state) ? null : `The machine ${ACTIONS.type.requirement}.`}
        onClick={() => void pasteAsKeys(machine)}
      />
      <Tool
        label="Take Screenshot"
        icon={IconCamera}
        reason={can('screenshot', machine.state) ? null : `The machine ${ACTIONS.screenshot.requirement}.`}
        onClick={() => void downloadScreenshot(machine)}
      />
      <Tool
        label={isFitting ? 'Actual Size' : 'Scale to Fit'}
        icon={IconAspectRatio}
        reason={mode === 'screen' ? null : 'The terminal always fits.'}
        isOn={isFitting}
        onClick={() => setPreference('fitsScreen', !isFitting)}
      />
      <Tool
        label={isFullscreen ? 'Leave Full Screen' : 'Full Screen'}
        icon={isFullscreen ? IconArrowsMinimize : IconArrowsMaximize}
        reason={null}
        onClick={onFullscreen}
      />
      <span className={classes.right}>
        <CommandButton id={isPaused ? 'resume' : 'pause'} machine={machine} look="icon" />
        <CommandButton id="reset" machine={machine} look="icon" />
        <CommandButton id="takeSnapshot" machine={machine} look="icon" />
        <CommandButton id="saveState" machine={machine} look="icon" />
        <CommandButton id="powerButton" machine={machine} look="icon" />
        <CommandButton id="powerOff" machine={machine} look="icon" />
      </span>
    </div>
  );
}

function Tool(props: { label: string; icon: Icon; reason: string | null; isOn?: boolean; onClick(): void }) {
  const { label, icon: Glyph, reason, isOn, onClick } = props;
  return (
    <Tooltip label={reason ?? label}>
      <ActionIcon
        aria-label={label}
        aria-disabled={reason !== null}
        {...(reason === null ? {} : { 'data-disabled': true })}
        {...(isOn === undefined ? {} : { 'aria-pressed': isOn })}
        onClick={() => reason === null && onClick()}
      >
        <Glyph size={17} stroke={1.7} />
      </ActionIcon>
    </Tooltip>
  );
}

function KeysMenu({ machine }: { machine: Machine }) {
  const isLive = can('type', machine.state);
  const item = ({ label, keys }: GuestKeys) => (
    <Menu.Item key={label} onClick={() => void sendKeys(machine, keys)}>
      {label}
    </Menu.Item>
  );
  return (
    <>
      <Button
        variant="subtle"
        color="gray"
        className={classes.keys ?? ''}
        disabled={!isLive}
        onClick={() => void sendKeys(machine, ['ctrl', 'alt', 'delete'])}
      >
        Ctrl+Alt+Del
      </Button>
      <Menu disabled={!isLive} width={190} returnFocus={false}>
        <Menu.Target>
          <Button
            variant="subtle"
            color="gray"
            className={classes.keys ?? ''}
            leftSection={<IconKeyboard size={16} stroke={1.7} />}
            rightSection={<IconChevronDown size={12} />}
            disabled={!isLive}
          >
            Keys
          </Button>
        </Menu.Target>
        <Menu.Dropdown aria-label="Keys for the guest">
          {COMMON_KEYS.map(item)}
          <Menu.Divider />
          <Menu.Sub>
            <Menu.Sub.Target>
              <Menu.Sub.Item>F1 to F12</Menu.Sub.Item>
            </Menu.Sub.Target>
            <Menu.Sub.Dropdown>{FUNCTION_KEYS.map(item)}</Menu.Sub.Dropdown>
          </Menu.Sub>
          <Menu.Sub>
            <Menu.Sub.Target>
              <Menu.Sub.Item>Ctrl+Alt+F1 to F12</Menu.Sub.Item>
            </Menu.Sub.Target>
            <Menu.Sub.Dropdown>{TERMINAL_KEYS.map(item)}</Menu.Sub.Dropdown>
          </Menu.Sub>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
