import { ActionIcon, Menu, Tooltip, UnstyledButton } from '@mantine/core';
import {
  IconActivity,
  IconBrightness,
  IconCommand,
  IconDatabase,
  IconDotsVertical,
  IconInfoCircle,
  IconKeyboard,
  IconNetwork,
  IconStethoscope,
} from '@tabler/icons-react';
import classes from './app.module.css';
import { AppDialogs } from './app-dialogs.tsx';
import { CrashBoundary } from './components/crash-boundary.tsx';
import { Logo } from './components/logo.tsx';
import { connectionStatus } from './connection.ts';
import { openDialog } from './dialogs.ts';
import { ListDivider } from './list-divider.tsx';
import { MachineList } from './machine-list/machine-list.tsx';
import { CommandPalette, openPalette } from './managers/command-palette.tsx';
import { NotificationCentre } from './managers/notification-centre.tsx';
import { ResourceMeter } from './meter/resource-meter.tsx';
import { useObservable } from './observable.ts';
import { Page } from './page.tsx';
import { useMachines } from './store.ts';
import { MachineToolbar } from './toolbar.tsx';
import { type Preferences, preferences, setPreference, showActivity, showMedia, showNetworks, view } from './view.ts';

/** The window: head with commands, list, page, meter. */
export function App() {
  const listWidthPx = useObservable(preferences, (now) => now.listWidthPx);
  const hasMachines = useMachines().size > 0;
  return (
    <div className={classes.app}>
      <ConnectionBar />
      <Head />
      <div
        className={classes.middle}
        style={{ gridTemplateColumns: hasMachines ? `${listWidthPx}px 1px minmax(0, 1fr)` : 'minmax(0, 1fr)' }}
      >
        {hasMachines && <MachineList />}
        {hasMachines && <ListDivider />}
        <main className={classes.page}>
          <CrashBoundary>
            <Page />
          </CrashBoundary>
        </main>
      </div>
      <ResourceMeter />
      <AppDialogs />
      <CommandPalette />
    </div>
  );
}

function Head() {
  return (
    <header className={classes.head}>
      <div className={classes.brand}>
        <Logo size={24} />
        <span>Innkeeper</span>
      </div>
      <MachineToolbar />
      <div className={classes.tools}>
        <UnstyledButton className={classes.palette} onClick={openPalette} aria-label="Command palette">
          <IconCommand size={13} />
          <span>Commands</span>
          <kbd>Ctrl K</kbd>
        </UnstyledButton>
        <NotificationCentre />
        <Tooltip label="Activity: what this computer and its machines do">
          <ActionIcon aria-label="Activity" onClick={() => showActivity()}>
            <IconActivity size={17} stroke={1.7} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label="Engines and what they can do">
          <ActionIcon aria-label="Doctor" onClick={() => view.update((now) => ({ ...now, page: 'doctor' }))}>
            <IconStethoscope size={17} stroke={1.7} />
          </ActionIcon>
        </Tooltip>
        <MoreMenu />
      </div>
    </header>
  );
}

const SCHEMES: { value: Preferences['colorScheme']; label: string }[] = [
  { value: 'auto', label: 'Colours of the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

function MoreMenu() {
  const scheme = useObservable(preferences, (now) => now.colorScheme);
  return (
    <Menu width={210} position="bottom-end">
      <Menu.Target>
        <ActionIcon aria-label="More">
          <IconDotsVertical size={17} stroke={1.7} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {SCHEMES.map(({ value, label }) => (
          <Menu.Item
            key={value}
            leftSection={<IconBrightness size={15} stroke={1.7} opacity={scheme === value ? 1 : 0} />}
            aria-current={scheme === value}
            onClick={() => setPreference('colorScheme', value)}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item
          leftSection={<IconDatabase size={15} stroke={1.7} />}
          rightSection={<span className="inn-key">Ctrl+D</span>}
          onClick={showMedia}
        >
          Media Manager
        </Menu.Item>
        <Menu.Item
          leftSection={<IconNetwork size={15} stroke={1.7} />}
          rightSection={<span className="inn-key">Ctrl+H</span>}
          onClick={() => showNetworks()}
        >
          Network Manager
        </Menu.Item>
        <Menu.Item
          leftSection={<IconKeyboard size={15} stroke={1.7} />}
          onClick={() => openDialog({ kind: 'shortcuts' })}
        >
          Keyboard Shortcuts
        </Menu.Item>
        <Menu.Item
          leftSection={<IconInfoCircle size={15} stroke={1.7} />}
          onClick={() => openDialog({ kind: 'about' })}
        >
          About Innkeeper
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Seen only while there is no connection. What is on screen stays, and may be old. */
function ConnectionBar() {
  const status = useObservable(connectionStatus, (now) => now);
  if (status.kind !== 'lost') return null;
  return (
    <div className={classes.lost} role="alert">
      {status.isStranger
        ? 'Innkeeper was started anew and does not know this window. Your machines keep running; open the window again from where you started it.'
        : `Connection to Innkeeper lost. Your machines keep running; reconnecting… (attempt ${status.attempt})`}
    </div>
  );
}
