import { FakeEngine, fakeWorld } from '../../../src/main/engines/fake/engine.ts';
import { describeEngine } from './suite.ts';

describeEngine({
  id: 'fake',
  makeEngine: () => new FakeEngine(),
  async kill({ pid }) {
    fakeWorld.get(pid)?.end({ kind: 'crashed', reason: 'engineKilled', detail: 'Its process was ended by SIGKILL.' });
  },
  async hasProcess(runtimeFolder) {
    return [...fakeWorld.values()].some(({ runtime }) => runtime.runtimeFolder === runtimeFolder);
  },
});
