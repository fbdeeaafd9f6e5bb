import type { PointerEvent } from 'react';
import classes from './list-divider.module.css';
import { useObservable } from './observable.ts';
import { preferences, setPreference } from './view.ts';

const NARROWEST_PX = 200;
const WIDEST_PX = 480;

/** The line between list and page: drag it, or move it with the arrow keys. */
export function ListDivider() {
  const widthPx = useObservable(preferences, (now) => now.listWidthPx);
  const setWidth = (px: number) => setPreference('listWidthPx', Math.min(WIDEST_PX, Math.max(NARROWEST_PX, px)));
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) setWidth(Math.round(event.clientX));
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule cannot be moved; a separator with a value can (ARIA 1.2)
    <div
      className={classes.divider}
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the machine list"
      aria-valuenow={widthPx}
      aria-valuemin={NARROWEST_PX}
      aria-valuemax={WIDEST_PX}
      tabIndex={0}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={(event) => {
        if (event.key === 'ArrowLeft') setWidth(widthPx - 16);
        if (event.key === 'ArrowRight') setWidth(widthPx + 16);
      }}
    />
  );
}
