import { useEffect, useState } from 'react';
import type { GuestInfo } from '../../shared/guest-contract.ts';
import { can } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import { api } from '../api.ts';

/** Pause between the end of one question and the beginning of the next: addresses seldom change. */
const PAUSE_MS = 5_000;

/** What the guest says of itself, asked anew while the machine runs and the window is seen; undefined before it said anything. */
export function useGuest({ id, state }: Machine): GuestInfo | undefined {
  const [info, setInfo] = useState<GuestInfo>();
  const isOn = can('screenshot', state);
  useEffect(() => {
    setInfo(undefined);
    if (!isOn) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = new AbortController();
    const ask = async () => {
      if (document.visibilityState === 'visible') {
        try {
          const answer = await api.machine.guest({ machine: id });
          if (!stop.signal.aborted) setInfo(answer);
        } catch {
          // The machine may have stopped meanwhile, or the connection is lost: both are shown elsewhere.
        }
      }
      if (!stop.signal.aborted) timer = setTimeout(() => void ask(), PAUSE_MS);
    };
    void ask();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [id, isOn]);
  return info;
}
