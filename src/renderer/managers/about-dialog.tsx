import { Modal, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { CoreInfo } from '../../shared/model/host.ts';
import { api } from '../api.ts';
import { Fact, Facts } from '../components/block.tsx';
import { Logo } from '../components/logo.tsx';
import { attempt } from '../notify.tsx';
import { SHORTCUTS } from '../shortcut-list.ts';
import classes from './about-dialog.module.css';

export function AboutDialog({ onClose }: { onClose(): void }) {
  const [core, setCore] = useState<CoreInfo>();
  useEffect(() => {
    void attempt(async () => setCore(await api.core.info({})));
  }, []);
  return (
    <Modal opened onClose={onClose} title="About Innkeeper" size={440}>
      <div className={classes.about}>
        <Logo size={56} />
        <h2>Innkeeper</h2>
        <Text c="dimmed">Virtual machines on your own computer.</Text>
      </div>
      {core !== undefined && (
        <Facts>
          <Fact label="Version">{core.version}</Fact>
          <Fact label="Running since">{new Date(core.startedAt).toLocaleString()}</Fact>
          <Fact label="Process">{core.pid}</Fact>
          <Fact label="Data folder">{core.dataFolder}</Fact>
          <Fact label="Licence">MIT; parts of others under their own licences</Fact>
        </Facts>
      )}
    </Modal>
  );
}

export function ShortcutsDialog({ onClose }: { onClose(): void }) {
  return (
    <Modal opened onClose={onClose} title="Keyboard shortcuts" size={440}>
      <dl className={classes.keys}>
        {SHORTCUTS.map(({ keys, does }) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
