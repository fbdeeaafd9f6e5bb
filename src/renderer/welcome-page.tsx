import { Button, Text, Title } from '@mantine/core';
import { IconPlayerPlayFilled, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { Logo } from './components/logo.tsx';
import { startDemo } from './demo.ts';
import { openDialog } from './dialogs.ts';
import { useMachines } from './store.ts';
import classes from './welcome-page.module.css';

/** The first thing a new user sees: one click to a running machine. */
export function WelcomePage() {
  return (
    <div className={classes.page}>
      <div className={classes.welcome}>
        <Logo size={72} />
        <Title order={1} className={classes.title}>
          Welcome to Innkeeper
        </Title>
        <Text className={classes.lead}>
          Run other operating systems on this computer, each in a machine of its own. A small Linux is on board: it
          starts in a few seconds, needs no network and nothing to install.
        </Text>
        <div className={classes.buttons}>
          <DemoButton />
          <Button
            size="md"
            variant="default"
            leftSection={<IconPlus size={17} />}
            onClick={() => openDialog({ kind: 'newMachine' })}
          >
            Create a machine
          </Button>
        </div>
        <Text className={classes.small}>
          Machines are processes of their own: they go on running when you close this window.
        </Text>
      </div>
    </div>
  );
}

/** Creates, starts and shows a demo machine. */
function DemoButton() {
  const machines = useMachines();
  const [isWorking, setWorking] = useState(false);
  const start = async () => {
    setWorking(true);
    await startDemo(machines.values());
    setWorking(false);
  };
  return (
    <Button size="md" loading={isWorking} leftSection={<IconPlayerPlayFilled size={15} />} onClick={() => void start()}>
      Start the demo machine
    </Button>
  );
}

/** Machines exist, none is chosen. */
export function NothingSelected() {
  return (
    <div className={classes.page}>
      <div className={classes.nothing}>
        <Logo size={40} />
        <Text c="dimmed">Choose a machine on the left, or make another one.</Text>
        <div className={classes.buttons}>
          <Button
            variant="default"
            leftSection={<IconPlus size={15} />}
            onClick={() => openDialog({ kind: 'newMachine' })}
          >
            Create a machine
          </Button>
        </div>
      </div>
    </div>
  );
}
