import { expect } from 'vitest';
import { InnError } from '../../src/shared/errors.ts';

/** The InnError that the call throws or rejects with; fails the test when it succeeds or throws anything else. */
export async function refusalOf(call: () => unknown): Promise<InnError> {
  const thrown = await Promise.resolve()
    .then(call)
    .then(
      (result) => expect.fail(`expected a refusal, got ${JSON.stringify(result)}`),
      (error: unknown) => error,
    );
  if (thrown instanceof InnError) return thrown;
  throw thrown;
}
