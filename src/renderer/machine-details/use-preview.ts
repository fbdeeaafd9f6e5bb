import { useEffect, useState } from 'react';
import { can } from '../../shared/machine-state.ts';
import type { Machine } from '../../shared/model/machine.ts';
import { api } from '../api.ts';

/** Pause between the end of one picture and the beginning of the next. */
const PAUSE_MS = 1500;

export interface Preview {
  source: string;
  width: number;
  height: number;
}

/**
 * The machine's screen as a picture, renewed while it runs and the window is seen; one call at a time. Undefined while
 * there is none. A paused machine's picture is taken once.
 */
export function usePreview({ id, state }: Machine): Preview | undefined {
  const [preview, setPreview] = useState<Preview>();
  const isSeen = can('screenshot', state);
  const moves = state === 'Running';
  useEffect(() => {
    if (!isSeen) return setPreview(undefined);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = new AbortController();
    const take = async () => {
      if (document.visibilityState === 'visible') {
        try {
          const { pngBase64, width, height } = await api.machine.screenshot({ machine: id });
          if (!stop.signal.aborted) setPreview({ source: `data:image/png;base64,${pngBase64}`, width, height });
        } catch {
          // The machine may have stopped meanwhile, or the connection is lost: both are shown elsewhere.
        }
      }
      if (moves && !stop.signal.aborted) timer = setTimeout(() => void take(), PAUSE_MS);
    };
    void take();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [id, isSeen, moves]);
  return preview;
}
