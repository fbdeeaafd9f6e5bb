import { useEffect, useState } from 'react';
import type { ErrorReport } from '../../shared/errors.ts';
import { failureOf } from '../notify.tsx';

/** An answer of the core, asked for anew when `key` changes; the last one stays until the next has come. */
export function useFailingAnswer<T>(
  ask: () => Promise<T>,
  key: string,
): { answer: T | undefined; failure: ErrorReport | null } {
  const [answer, setAnswer] = useState<T>();
  const [failure, setFailure] = useState<ErrorReport | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` says when `ask` asks for something else
  useEffect(() => {
    const stop = new AbortController();
    ask().then(
      (found) => {
        if (stop.signal.aborted) return;
        setAnswer(found);
        setFailure(null);
      },
      (thrown) => {
        if (!stop.signal.aborted) setFailure(failureOf(thrown));
      },
    );
    return () => stop.abort();
  }, [key]);
  return { answer, failure };
}
