import { InvalidArgumentError } from 'commander';

/** An option's value as one of a list. */
export function choice<T extends string>(allowed: readonly T[]): (text: string) => T {
  return (text) => {
    const found = allowed.find((value) => value === text);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`It must be one of ${allowed.join(', ')}.`);
  };
}

/** A comma-separated list, each entry one of those allowed. */
export function choiceList<T extends string>(allowed: readonly T[]): (text: string) => T[] {
  const one = choice(allowed);
  return (text) => (text === '' ? [] : text.split(',').map((part) => one(part.trim())));
}
