import { Button, Modal } from '@mantine/core';
import { useState } from 'react';
import type { Machine } from '../../shared/model/machine.ts';
import { useIsCovered } from '../components/covering.ts';
import { FailureLine } from '../components/failure-line.tsx';
import type { SettingsPage } from '../dialogs.ts';
import { AudioPage } from './audio-page.tsx';
import { ClaimsPage } from './claims-page.tsx';
import { DisplayPage } from './display-page.tsx';
import { GeneralPage } from './general-page.tsx';
import { NetworkPage } from './network-page.tsx';
import { PageList } from './page-list.tsx';
import { ProcessorPage } from './processor-page.tsx';
import classes from './settings.module.css';
import { whyLimited } from './settings-fields.ts';
import { canPlug, type SettingsPageProps } from './settings-page.ts';
import { StatusPane } from './status-pane.tsx';
import { StoragePage } from './storage-page.tsx';
import { SystemPage } from './system-page.tsx';
import { type SettingsForm, useSettingsForm } from './use-settings-form.ts';

const PAGES: Record<SettingsPage, (props: SettingsPageProps) => React.ReactNode> = {
  general: GeneralPage,
  system: SystemPage,
  processor: ProcessorPage,
  claims: ClaimsPage,
  display: DisplayPage,
  storage: StoragePage,
  audio: AudioPage,
  network: NetworkPage,
};

interface SettingsDialogProps {
  machine: Machine;
  page: SettingsPage;
  onClose(): void;
}

/** The settings of one machine, checked as they are edited. Nothing is saved before OK. */
export function SettingsDialog({ machine, page: firstPage, onClose }: SettingsDialogProps) {
  const [page, setPage] = useState(firstPage);
  const [isAsking, setAsking] = useState(false);
  const isCovered = useIsCovered();
  const form = useSettingsForm(machine);
  const Page = PAGES[page];
  const limited = whyLimited(machine.state, canPlug(machine));
  const close = () => (form.isDirty && !isAsking ? setAsking(true) : onClose());
  const save = async () => {
    if (await form.save()) onClose();
  };
  return (
    <Modal
      opened
      closeOnEscape={!isCovered}
      onClose={close}
      title={`Settings of ${machine.config.name}`}
      size={820}
      classNames={{ body: classes.body ?? '' }}
    >
      <div className={classes.dialog}>
        <PageList page={page} onPage={setPage} issues={form.issues} />
        <div className={classes.page} role="tabpanel" aria-label={page}>
          {form.isOvertaken && <OvertakenNotice form={form} />}
          {limited !== null && <p className={classes.notice}>{limited}</p>}
          <Page machine={machine} config={form.config} issues={form.issues} onChange={form.change} />
        </div>
      </div>
      <div className={classes.foot}>
        {isAsking ? (
          <>
            <p className={classes.question} role="alert">
              Your changes are not saved.
            </p>
            <Button variant="default" onClick={() => setAsking(false)} data-autofocus>
              Keep editing
            </Button>
            <Button color="red" onClick={onClose}>
              Discard
            </Button>
          </>
        ) : (
          <>
            {form.failure === null ? (
              <StatusPane issues={form.issues} onPage={setPage} />
            ) : (
              <FailureLine failure={form.failure} />
            )}
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button disabled={!form.canSave} loading={form.isSaving} onClick={() => void save()}>
              OK
            </Button>
          </>
        )}
      </div>
    </Modal>
  );
}

/** Somebody else saved settings of this machine meanwhile (field guide §2.5). */
function OvertakenNotice({ form }: { form: SettingsForm }) {
  return (
    <div className={classes.overtaken} role="alert">
      <span>These settings were changed elsewhere while you edited them.</span>
      <Button size="compact-xs" variant="default" onClick={form.reload}>
        Reload
      </Button>
      <Button size="compact-xs" variant="default" onClick={form.keepMine}>
        Keep mine
      </Button>
    </div>
  );
}
