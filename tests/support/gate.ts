/** A gate that a scripted call waits at. */
export function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const step = () => {
    entered.resolve();
    return promise;
  };
  return { step, open: resolve, entered: entered.promise };
}
