const LONGEST_LOOK_MS = 5_000;

/** Calls `end` once nobody has been there for `lingerMs`; looks now and then. */
export function endWhenAlone(lingerMs: number, isNeeded: () => boolean, end: () => void): void {
  let neededMs = performance.now();
  const timer = setInterval(
    () => {
      if (isNeeded()) neededMs = performance.now();
      else if (performance.now() - neededMs >= lingerMs) {
        clearInterval(timer);
        end();
      }
    },
    Math.min(LONGEST_LOOK_MS, lingerMs / 4),
  );
}
