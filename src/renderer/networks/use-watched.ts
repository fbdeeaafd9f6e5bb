import { useEffect, useState } from 'react';
import type { ErrorReport } from '../../shared/errors.ts';
import { failureOf } from '../notify.tsx';

interface Watched<T> {
  answer: T | undefined;
  /** Why the last question failed; null when it did not. */
  failure: ErrorReport | null;
}

/**
 * What the core says to a question that is asked again and again while the window is seen.
 * @param key says when `ask` asks for something else
 * @param everyMs pause between an answer and the next question
 */
export function useWatched<T>(ask: () => Promise<T>, key: string, everyMs: number): Watched<T> {
  const [watched, setWatched] = useState<Watched<T> & { key: string }>({ key, answer: undefined, failure: null });
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` says when `ask` asks for something else
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = new AbortController();
    const look = async () => {
      if (document.visibilityState === 'visible') {
        const next = await ask().then(
          (answer) => ({ key, answer, failure: null }),
          (thrown) => ({ key, failure: failureOf(thrown) }),
        );
        // After a failure the last answer stays on screen: what was true a second ago says more than nothing.
        const keep = (before: Watched<T> & { key: string }) => (before.key === key ? before.answer : undefined);
        if (!stop.signal.aborted) setWatched((before) => ({ answer: keep(before), ...next }));
      }
      if (!stop.signal.aborted) timer = setTimeout(() => void look(), everyMs);
    };
    void look();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [key, everyMs]);
  return watched.key === key ? watched : { answer: undefined, failure: null };
}
