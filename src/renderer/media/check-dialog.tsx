import { Button, Group, Loader, Modal, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import type { ErrorReport } from '../../shared/errors.ts';
import type { CheckReport, Medium, MediumId } from '../../shared/model/medium.ts';
import { formatBytes } from '../../shared/units.ts';
import { api } from '../api.ts';
import { FailureLine } from '../components/failure-line.tsx';
import { failureIn } from '../notify.tsx';
import classes from './media-dialogs.module.css';

/** Checks the image at once, says what it found, and offers the repair where there is one. */
export function CheckDialog({ medium, onClose }: { medium: Medium; onClose(): void }) {
  const { report, failure, isRepaired, repair } = useCheck(medium.id);
  const canRepair = report?.canRepair === true && !isClean(report);
  return (
    <Modal opened onClose={onClose} title={`Check of '${medium.name}'`} size={520}>
      <Stack gap="sm">
        {report === null && failure === null && (
          <Group gap="xs" role="status">
            <Loader size="xs" />
            <Text>Reading the tables of the image…</Text>
          </Group>
        )}
        {failure !== null && <FailureLine failure={failure} />}
        {report !== null && <Report report={report} isRepaired={isRepaired} />}
        <Group justify="flex-end" gap="xs" mt="xs">
          <Button variant="default" onClick={onClose} data-autofocus>
            Close
          </Button>
          {canRepair && <Button onClick={repair}>Repair</Button>}
        </Group>
      </Stack>
    </Modal>
  );
}

function Report({ report, isRepaired }: { report: CheckReport; isRepaired: boolean }) {
  const { errors, leakedBytes, isConsistent, canRepair } = report;
  return (
    <div role="status" aria-label="Result of the check">
      <div className={classes.verdict}>
        {isConsistent ? (
          <IconCheck size={17} className={classes.good} aria-hidden />
        ) : (
          <IconAlertTriangle size={17} className={classes.bad} aria-hidden />
        )}
        <Text>{verdictOf(report, isRepaired)}</Text>
      </div>
      {leakedBytes > 0 && <Text c="dimmed">{formatBytes(leakedBytes)} of the file are not used any more.</Text>}
      {errors.length > 0 && (
        <ul className={classes.report}>
          {errors.map((error) => (
            <li key={error}>{error}</li>
          ))}
        </ul>
      )}
      {!isConsistent && !canRepair && (
        <Text c="dimmed">It cannot be repaired. Copy it: what can still be read goes into the copy.</Text>
      )}
    </div>
  );
}

function verdictOf({ isConsistent }: CheckReport, isRepaired: boolean): string {
  if (!isConsistent) return 'The image has errors.';
  return isRepaired ? 'The image was repaired; no errors are left.' : 'No errors were found.';
}

const isClean = ({ isConsistent, leakedBytes }: CheckReport) => isConsistent && leakedBytes === 0;

function useCheck(id: MediumId) {
  const [report, setReport] = useState<CheckReport | null>(null);
  const [failure, setFailure] = useState<ErrorReport | null>(null);
  const [isRepaired, setRepaired] = useState(false);
  useEffect(() => {
    let isCurrent = true;
    const check = async () => {
      const found = await api.medium.check({ id });
      if (isCurrent) setReport(found);
    };
    void failureIn(check).then((problem) => isCurrent && setFailure(problem));
    return () => {
      isCurrent = false;
    };
  }, [id]);
  const repair = () => {
    setReport(null);
    void failureIn(async () => {
      setReport(await api.medium.check({ id, repairs: true }));
      setRepaired(true);
    }).then(setFailure);
  };
  return { report, failure, isRepaired, repair };
}
