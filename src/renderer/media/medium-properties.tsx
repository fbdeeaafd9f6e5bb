import { Button } from '@mantine/core';
import { IconAlertTriangle, IconPencil } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { FORMAT_LABELS, type Medium, type MediumDetails } from '../../shared/model/medium.ts';
import { formatBytes } from '../../shared/units.ts';
import { api } from '../api.ts';
import { Fact, Facts } from '../components/block.tsx';
import { FileButton } from '../components/file-button.tsx';
import { MEDIUM_FILES } from '../components/file-filters.ts';
import { TaskItem } from '../components/task-item.tsx';
import { attempt, failureIn } from '../notify.tsx';
import { VARIANT_LABELS } from './image-choice.ts';
import classes from './media-page.module.css';
import { useRunningTask } from './use-work.ts';

interface MediumPropertiesProps {
  medium: Medium;
  onDescribe(): void;
  onRemove(): void;
}

/** Everything about the selected medium; with the way back, when its file is gone. */
export function MediumProperties({ medium, onDescribe, onRemove }: MediumPropertiesProps) {
  const task = useRunningTask(medium.id);
  const details = useDetails(medium);
  return (
    <section className={classes.properties} aria-label={`Properties of ${medium.name}`}>
      <header>
        <h3>{medium.name}</h3>
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          leftSection={<IconPencil size={13} />}
          onClick={onDescribe}
        >
          Name and note
        </Button>
      </header>
      {medium.inaccessibleBecause !== null && <Lost medium={medium} onRemove={onRemove} />}
      {task !== undefined && (
        <div className={classes.task}>
          <TaskItem task={task} />
        </div>
      )}
      {medium.description !== '' && <p className={classes.note}>{medium.description}</p>}
      <div className={classes.facts}>
        <Facts>
          <Fact label="File">
            <span className={classes.path}>{medium.location}</span>
          </Fact>
          <Fact label="Format">{formatWords(medium, details)}</Fact>
          <Fact label="Virtual size">{exactSize(medium.virtualSizeBytes)}</Fact>
          <Fact label="Actual size">
            {medium.actualSizeBytes === null ? 'Cannot be read' : exactSize(medium.actualSizeBytes)}
          </Fact>
        </Facts>
        <Facts>
          <Fact label="Attached to">{medium.attachedTo.join(', ') || 'No machine'}</Fact>
          {medium.inSnapshots.length > 0 && <Fact label="In snapshots">{medium.inSnapshots.join(', ')}</Fact>}
          {medium.parentId !== null && (
            <Fact label="Builds on">
              {details?.chain
                .slice(1)
                .map(({ name }) => name)
                .join(' → ')}
            </Fact>
          )}
          <Fact label="Kept">{medium.isOwned ? 'In the folder of its machine' : 'Outside of machines’ folders'}</Fact>
          <Fact label="Id">
            <span className={classes.path}>{medium.id}</span>
          </Fact>
        </Facts>
      </div>
    </section>
  );
}

function Lost({ medium, onRemove }: { medium: Medium; onRemove(): void }) {
  const relocate = (path: string) => void attempt(() => api.medium.relocate({ id: medium.id, path }));
  return (
    <div className={classes.lost} role="alert">
      <IconAlertTriangle size={17} stroke={1.7} aria-hidden />
      <div>
        <b>{medium.inaccessibleBecause}</b>
        <p>
          If the file was moved, say where it is now: Innkeeper checks that it is the same image. If its disk is not
          connected, connect it and press Refresh. If it is gone for good, take it off the list.
        </p>
        <div className={classes.cures}>
          <FileButton
            subject={`File of ${medium.name}`}
            filters={MEDIUM_FILES[medium.kind]}
            onChoose={relocate}
            button={(browse) => (
              <Button size="compact-sm" variant="default" onClick={browse}>
                Locate the file
              </Button>
            )}
          />
          <Button size="compact-sm" variant="default" onClick={onRemove} disabled={medium.attachedTo.length > 0}>
            Take off the list
          </Button>
        </div>
      </div>
    </div>
  );
}

/** What the image says, read anew whenever the medium changes. */
function useDetails(medium: Medium): MediumDetails | null {
  const [details, setDetails] = useState<MediumDetails | null>(null);
  const { id, actualSizeBytes, virtualSizeBytes, location } = medium;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what the image says may have changed with these
  useEffect(() => {
    let isCurrent = true;
    void failureIn(async () => {
      const found = await api.medium.get({ id });
      if (isCurrent) setDetails(found);
    });
    return () => {
      isCurrent = false;
    };
  }, [id, actualSizeBytes, virtualSizeBytes, location]);
  return details?.medium.id === id ? details : null;
}

function formatWords({ kind, format }: Medium, details: MediumDetails | null): string {
  if (kind !== 'disk') return 'Image, byte for byte';
  const parts = [
    FORMAT_LABELS[format],
    ...(details?.variant && format !== 'raw' ? [VARIANT_LABELS[details.variant].toLowerCase()] : []),
    ...(details?.clusterSizeBytes ? [`blocks of ${formatBytes(details.clusterSizeBytes)}`] : []),
    ...(details?.internalSnapshots ? [`${details.internalSnapshots} snapshots inside`] : []),
  ];
  return parts.join(', ');
}

function exactSize(bytes: number): string {
  return `${formatBytes(bytes)} (${bytes.toLocaleString()} bytes)`;
}
