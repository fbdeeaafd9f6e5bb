import { useEffect, useState } from 'react';
import type { Snapshot } from '../../shared/model/snapshot.ts';
import { refreshDelayMs } from './age-words.ts';

/** The present time in milliseconds, renewed as often as the ages of these snapshots need it. */
export function useAges(snapshots: readonly Snapshot[]): number {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    if (snapshots.length === 0) return;
    const moments = snapshots.map(({ takenAt }) => takenAt);
    let timer: ReturnType<typeof setTimeout>;
    const renew = () => {
      setNowMs(Date.now());
      timer = setTimeout(renew, refreshDelayMs(moments, Date.now()));
    };
    renew();
    return () => clearTimeout(timer);
  }, [snapshots]);
  return nowMs;
}
