import { type RefCallback, useCallback, useState } from 'react';

/** Width of an element without its borders and scroll bar, in pixels. It is known before the element is first painted. */
export function useWidth<T extends HTMLElement>(): { ref: RefCallback<T>; width: number } {
  const [width, setWidth] = useState(0);
  const ref = useCallback((element: T | null) => {
    if (element === null) return undefined;
    const measure = () => setWidth(element.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}
