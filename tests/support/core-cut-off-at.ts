/**
 * A core that deletes a snapshot of the machine 'web' and is killed at a named step of it: `node core-cut-off-at.ts <step>
 * <snapshot>`. It ends by itself, with a word, when it does not come past the step.
 */
import { createApp } from '../../src/main/app.ts';

const [step = '', snapshot = ''] = process.argv.slice(2);
const app = await createApp({
  env: process.env,
  hasNetworks: false,
  atStep: (name) => {
    if (name === step) process.kill(process.pid, 'SIGKILL');
  },
});
await app.services.snapshots.remove('web', snapshot);
await app.close();
console.log(`It did not come past '${step}'.`);
