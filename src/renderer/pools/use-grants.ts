import { useEffect, useState } from 'react';
import type { Grants } from '../../shared/model/pool.ts';
import type { Hypothesis, PoolPreview } from '../../shared/pool-contract.ts';
import { api } from '../api.ts';

const EVERY_MS = 1000;
const QUIET_MS = 120;

/** What is given to whom at this moment, anew each second while it is watched. */
export function useGrants(): Grants | undefined {
  const [grants, setGrants] = useState<Grants>();
  useEffect(() => {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      try {
        const answer = await api.pool.grants({});
        if (!isOver) setGrants(answer);
      } catch {
        // The window says that it is not connected; the numbers stay as they were.
      }
      if (!isOver) timer = setTimeout(ask, EVERY_MS);
    };
    void ask();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, []);
  return grants;
}

/** What everybody would get with the claims that a person is thinking of, a moment after the last change. */
export function usePreview(hypothesis: Hypothesis, version: string): PoolPreview | undefined {
  const text = JSON.stringify(hypothesis);
  const [preview, setPreview] = useState<PoolPreview>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `version` names the world that the answer is about
  useEffect(() => {
    let isOver = false;
    const timer = setTimeout(async () => {
      try {
        const answer = await api.pool.preview(JSON.parse(text));
        if (!isOver) setPreview(answer);
      } catch {
        // As above; saving asks the core again in any case.
      }
    }, QUIET_MS);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [text, version]);
  return preview;
}
