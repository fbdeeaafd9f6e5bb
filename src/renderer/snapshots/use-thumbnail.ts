import { useEffect, useState } from 'react';
import type { Snapshot, SnapshotId } from '../../shared/model/snapshot.ts';
import { api } from '../api.ts';

/** A picture of a moment never changes, so that one answer serves for the life of the window. */
const pictures = new Map<SnapshotId, Promise<string | undefined>>();

async function fetchPicture({ id, machineId }: Snapshot): Promise<string | undefined> {
  try {
    const { pngBase64 } = await api.snapshot.thumbnail({ machine: machineId, snapshot: id });
    return pngBase64 === null ? undefined : `data:image/png;base64,${pngBase64}`;
  } catch {
    // The snapshot may have gone meanwhile, or the connection is lost: the next look asks again.
    pictures.delete(id);
    return undefined;
  }
}

/** The screen at the moment of the snapshot, as an address for an image; undefined until it is known, or without one. */
export function useThumbnail(snapshot: Snapshot): string | undefined {
  const { id, hasThumbnail } = snapshot;
  const [picture, setPicture] = useState<{ id: SnapshotId; source: string | undefined }>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new name or description has no new picture
  useEffect(() => {
    if (!hasThumbnail) return;
    const stop = new AbortController();
    const asked = pictures.get(id) ?? fetchPicture(snapshot);
    pictures.set(id, asked);
    void asked.then((source) => {
      if (!stop.signal.aborted) setPicture({ id, source });
    });
    return () => stop.abort();
  }, [id, hasThumbnail]);
  return picture?.id === id ? picture.source : undefined;
}
