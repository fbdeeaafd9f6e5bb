import path from 'node:path';
import { describe, it } from 'vitest';
import { RfbClient } from '../screen/rfb-client.ts';
import type { StartedMachine } from './machine-bench.ts';

/** Typing at the screen as a viewer does; only where a real guest reads the keys. */
export function describeTyping(machine: () => StartedMachine, isReal: boolean): void {
  describe.runIf(isReal)('typing at the screen', () => {
    it('reaches the guest also when it stands still for a moment to have its state kept', async () => {
      const { session, serial, bench } = machine();
      const viewer = await RfbClient.over(await session.openChannel('screen'));
      let isKept = false;
      const kept = session.keepState(path.join(bench.folder, 'typing.state')).finally(() => {
        isKept = true;
      });
      while (!isKept && (await session.status()).state === 'Running'); // in the middle of it
      viewer.type('cp /proc/version /dev/ttyS0\n');
      await kept;
      await serial.expect(/Linux version \d/);
      viewer.socket.destroy();
    });
  });
}
