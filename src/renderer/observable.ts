import { useSyncExternalStore } from 'react';

/** One value that others can watch. */
export interface Observable<T> {
  get(): T;
  set(next: T): void;
  update(change: (now: T) => T): void;
  subscribe(listener: () => void): () => void;
}

/** Makes a value watchable; setting the same value again (by `Object.is`) tells nobody. */
export function observable<T>(initial: T): Observable<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  const set = (next: T) => {
    if (Object.is(next, value)) return;
    value = next;
    for (const listener of [...listeners]) listener();
  };
  return {
    get: () => value,
    set,
    update: (change) => set(change(value)),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/**
 * Reads a part of an observable; the component renders again when that part changes.
 * `select` must return a part of the value or a primitive, not a new object: it is compared by `Object.is`.
 */
export function useObservable<T, S>(source: Observable<T>, select: (value: T) => S): S {
  const read = () => select(source.get());
  return useSyncExternalStore(source.subscribe, read, read);
}

/** An observable of small preferences of this window, kept in the browser's storage under `key`. */
export function storedObservable<T extends object>(key: string, defaults: T): Observable<T> {
  const source = observable<T>({ ...defaults, ...readStored(key) });
  source.subscribe(() => {
    try {
      localStorage.setItem(key, JSON.stringify(source.get()));
    } catch {
      // A window without storage (private mode, full quota) forgets its preferences when it closes; nothing else is lost.
    }
  });
  return source;
}

function readStored(key: string): object {
  try {
    const parsed: unknown = JSON.parse(localStorage.getItem(key) ?? '{}');
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}
