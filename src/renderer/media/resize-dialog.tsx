import { useState } from 'react';
import type { Medium } from '../../shared/model/medium.ts';
import { formatBytes, GIB } from '../../shared/units.ts';
import { api } from '../api.ts';
import { MAX_DISK_GIB, SizeField } from './size-field.tsx';
import { useWork } from './use-work.ts';
import { WorkDialog } from './work-dialog.tsx';

/** Enlarges a disk; what is on it stays. */
export function ResizeDialog({ medium, onClose }: { medium: Medium; onClose(): void }) {
  const now = medium.virtualSizeBytes;
  const [sizeGiB, setSizeGiB] = useState(Math.min(MAX_DISK_GIB, Math.max(1, Math.ceil((2 * now) / GIB))));
  const work = useWork(onClose);
  const sizeBytes = Math.round(sizeGiB * 1024) * (GIB / 1024);
  return (
    <WorkDialog
      title={`Resize '${medium.name}'`}
      subject={medium.id}
      action="Resize"
      canAct={sizeBytes > now}
      work={work}
      onAct={() =>
        work.run(
          () => api.medium.resize({ id: medium.id, sizeBytes }),
          (resized) => `'${resized.name}' has ${formatBytes(resized.virtualSizeBytes)} now.`,
        )
      }
      onClose={onClose}
    >
      <SizeField
        sizeGiB={sizeGiB}
        minGiB={Math.ceil((now / GIB) * 100) / 100}
        note={`It has ${formatBytes(now)} now, and can only grow. Enlarge partitions and file systems in the guest afterwards.`}
        onChange={setSizeGiB}
      />
    </WorkDialog>
  );
}
