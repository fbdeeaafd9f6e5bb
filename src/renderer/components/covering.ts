import { useEffect } from 'react';
import { observable, useObservable } from '../observable.ts';

/** How many dialogs lie over another one. */
const covering = observable(0);

/** For a dialog that may be opened from another one: Escape is for the upper one alone. */
export function useCovers(): void {
  useEffect(() => {
    covering.update((now) => now + 1);
    return () => covering.update((now) => now - 1);
  }, []);
}

/** Whether a dialog lies over this one. */
export function useIsCovered(): boolean {
  return useObservable(covering, (now) => now > 0);
}
