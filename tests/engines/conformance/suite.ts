import path from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import type { Session } from '../../../src/main/engines/engine.ts';
import { GUEST_READY, type SerialConsole } from '../../support/serial-console.ts';
import { describeBalloon } from './balloon.ts';
import { describeDetached } from './detached.ts';
import { describeEnds } from './ends.ts';
import { describeFailedStarts } from './failed-starts.ts';
import { counterBeyond, type EngineUnderTest, MachineBench, openSerial, type StartedMachine } from './machine-bench.ts';
import { describeRunning } from './running.ts';
import { describeStates } from './states.ts';
import { describeTyping } from './typing.ts';

/** What every engine must do, whatever is inside: the contract of `Engine` and `Session` as tests. */
export function describeEngine(subject: EngineUnderTest): void {
  describe(`the ${subject.id} engine`, () => {
    let shared: MachineBench;
    let booted: Session;
    let serial: SerialConsole;
    /** A state of the booted guest with its counter running, from which other tests start at once. */
    let keptState: string;

    beforeAll(async () => {
      shared = await MachineBench.make(subject);
      booted = await shared.start();
      serial = await openSerial(booted);
      await serial.expect(GUEST_READY);
      await serial.run('counter');
      await counterBeyond(serial, 0);
      keptState = path.join(shared.folder, 'kept.state');
      await booted.keepState(keptState);
    });
    afterAll(() => shared[Symbol.asyncDispose]());

    const machine = (): StartedMachine => ({ session: booted, serial, bench: shared });

    /** A machine of the test's own that stands where the state was kept, and runs. */
    async function startKept(): Promise<StartedMachine> {
      const bench = await MachineBench.forTest(subject);
      const session = await bench.start({ restoreFrom: keptState });
      return { session, serial: await openSerial(session), bench };
    }

    const isReal = subject.id !== 'fake';
    describeRunning(machine);
    describeBalloon(machine, isReal);
    describeTyping(machine, isReal);
    describeStates(subject, startKept, () => keptState);
    describeEnds(subject, startKept);
    describeDetached(subject, startKept);
    describeFailedStarts(subject, () => keptState);
  });
}
