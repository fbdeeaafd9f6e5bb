import { InnError } from '../../../shared/errors.ts';
import type { Session } from '../engine.ts';
import type { FakeMachine } from './fake-machine.ts';

/** Moments at which a script can step in: the calls of engine and session. */
export const FAKE_MOMENTS = [
  'start',
  'attach',
  'status',
  'pause',
  'resume',
  'reset',
  'powerButton',
  'powerOff',
  'saveState',
  'keepState',
  'takeSnapshot',
  'writeSnapshot',
  'mergeDisk',
  'settleMerge',
  'finishMerge',
  'setCpuLimit',
  'setMemoryTarget',
  'changeMedium',
  'setLink',
  'plug',
  'sendKeys',
  'typeText',
  'screenshot',
  'openChannel',
  'sample',
] as const satisfies ('start' | 'attach' | 'writeSnapshot' | 'plug' | keyof Session)[];

export type FakeMoment = (typeof FAKE_MOMENTS)[number];

/**
 * What happens just before the call does its work: it may wait, throw, or end the machine. When it returns (or its
 * promise resolves) the call goes on, with a machine that may be gone by then.
 */
export type FakeStep = (machine: FakeMachine) => void | Promise<void>;

export interface FakeScript {
  before: Partial<Record<FakeMoment, FakeStep>>;
  /** The guest does not heed the power button. */
  ignoresPowerButton: boolean;
}

export const emptyScript = (): FakeScript => ({ before: {}, ignoresPowerButton: false });

/** The engine refuses. */
export function fails(message = 'The fake engine was told to fail.'): FakeStep {
  return () => {
    throw new InnError('ENGINE_FAILED', message);
  };
}

/** The engine does not answer: as the real ones, the call gives up after some time. */
export function hangs(timeoutMs = 20): FakeStep {
  return async () => {
    await new Promise((resolve) => setTimeout(resolve, timeoutMs));
    throw new InnError('ENGINE_TIMEOUT', `The engine did not answer within ${timeoutMs} ms.`);
  };
}

/** The machine's process dies under the call. */
export function crashes(detail = 'The fake engine was told to crash.'): FakeStep {
  return (machine) => machine.end({ kind: 'crashed', reason: 'engineCrashed', detail });
}

/** The guest shuts down under the call. */
export function shutsDown(): FakeStep {
  return (machine) => machine.end({ kind: 'guestShutdown' });
}

/** The call waits until the promise settles. */
export function waitsFor(promise: Promise<unknown>): FakeStep {
  return async () => {
    await promise;
  };
}

const WORDS: Record<string, () => FakeStep> = {
  fails: () => fails(),
  hangs: () => hangs(),
  crashes: () => crashes(),
  'shuts down': () => shutsDown(),
};

/**
 * The script that stands in a machine's description, for demonstrations without any test code: lines such as
 * `fake: saveState fails`, `fake: pause crashes`, `fake: start hangs`, `fake: powerButton is ignored`. Other lines mean
 * nothing to it.
 */
export function scriptOf(description: string): FakeScript {
  const script = emptyScript();
  for (const [, moment, words] of description.matchAll(/^fake: (\w+) (.+)$/gm)) {
    const step = WORDS[words?.trim() ?? ''];
    const known = FAKE_MOMENTS.find((name) => name === moment);
    if (known !== undefined && step !== undefined) script.before[known] = step();
    if (known === 'powerButton' && words?.trim() === 'is ignored') script.ignoresPowerButton = true;
  }
  return script;
}
