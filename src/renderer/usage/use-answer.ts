import { useCallback, useEffect, useState } from 'react';
import { notifyFailure } from '../notify.tsx';

/** An answer of the core, asked for anew when `key` changes, when wanted, and every `everyMs` while it is watched. */
export function useAnswer<T>(
  ask: () => Promise<T>,
  key: string,
  everyMs?: number,
): { answer: T | undefined; again: () => void } {
  const [turn, setTurn] = useState(0);
  const [answer, setAnswer] = useState<T>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` says when `ask` asks for something else
  useEffect(() => {
    let isOver = false;
    const look = () =>
      ask().then(
        (found) => {
          if (!isOver) setAnswer(found);
        },
        (thrown) => {
          if (!isOver) notifyFailure(thrown);
        },
      );
    void look();
    const timer = everyMs === undefined ? undefined : setInterval(() => void look(), everyMs);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [key, turn, everyMs]);
  return { answer, again: useCallback(() => setTurn((now) => now + 1), []) };
}
