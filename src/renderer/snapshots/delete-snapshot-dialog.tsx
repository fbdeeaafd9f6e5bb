import { Alert, Loader, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { ErrorReport } from '../../shared/errors.ts';
import type { Machine } from '../../shared/model/machine.ts';
import type { Snapshot, SnapshotCost } from '../../shared/model/snapshot.ts';
import { formatBytes } from '../../shared/units.ts';
import { api } from '../api.ts';
import { Fact, Facts } from '../components/block.tsx';
import { FailureLine } from '../components/failure-line.tsx';
import { Question } from '../components/question.tsx';
import { attempt, failureIn } from '../notify.tsx';

interface DeleteSnapshotDialogProps {
  machine: Machine;
  snapshot: Snapshot;
  onClose(): void;
}

/** Says what the merge costs before it begins; then it is a task, in the tab and in the notification centre. */
export function DeleteSnapshotDialog({ machine, snapshot, onClose }: DeleteSnapshotDialogProps) {
  const [cost, setCost] = useState<SnapshotCost>();
  const [failure, setFailure] = useState<ErrorReport | null>(null);
  const ref = { machine: machine.id, snapshot: snapshot.id };
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked once for each snapshot
  useEffect(() => {
    void failureIn(async () => setCost(await api.snapshot.cost(ref))).then(setFailure);
  }, [snapshot.id]);
  return (
    <Question
      title={`Delete '${snapshot.name}'?`}
      action="Delete"
      isDangerous
      isDisabled={cost === undefined}
      onClose={onClose}
      onAction={() => void attempt(() => api.snapshot.delete(ref))}
    >
      <Text>
        '{machine.config.name}' can no longer go back to this moment. The machine itself and its other snapshots keep
        everything they have: what they need of this one is merged into them.
      </Text>
      {cost === undefined && failure === null && <Loader size="xs" aria-label="Working out the cost" />}
      {failure !== null && <FailureLine failure={failure} />}
      {cost !== undefined && <Cost cost={cost} />}
    </Question>
  );
}

function Cost({ cost }: { cost: SnapshotCost }) {
  const { bytesToCopy, bytesNeeded, bytesFree, bytesFreed, seconds, disksKept } = cost;
  const isShort = bytesNeeded > bytesFree;
  return (
    <>
      <Facts>
        <Fact label="To copy">
          {bytesToCopy === 0 ? 'Nothing' : `${formatBytes(bytesToCopy)}, ${timeWords(seconds)}`}
        </Fact>
        <Fact label="Space meanwhile">
          {bytesNeeded === 0 ? 'None' : `up to ${formatBytes(bytesNeeded)}`} of {formatBytes(bytesFree)} free
        </Fact>
        <Fact label="Freed">{bytesFreed === 0 ? 'Nothing' : `at least ${formatBytes(bytesFreed)}`}</Fact>
        {disksKept > 0 && (
          <Fact label="Stays">
            {disksKept === 1 ? 'One disk' : `${disksKept} disks`}, because others build on{' '}
            {disksKept === 1 ? 'it' : 'them'}
          </Fact>
        )}
      </Facts>
      {isShort && (
        <Alert color="red" title="There may not be enough space">
          In the worst case the disks grow by {formatBytes(bytesNeeded)} and only {formatBytes(bytesFree)} are free.
          Make room first: a full disk stops running machines.
        </Alert>
      )}
    </>
  );
}

function timeWords(seconds: number): string {
  if (seconds < 1) return 'a moment';
  return seconds < 90 ? `about ${Math.ceil(seconds)} s` : `about ${Math.ceil(seconds / 60)} min`;
}
