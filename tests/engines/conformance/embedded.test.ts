import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { EmbeddedEngine } from '../../../src/main/engines/embedded/engine.ts';
import { isAlive, killProcess } from '../../../src/main/processes/process-identity.ts';
import { machineName } from './machine-bench.ts';
import { describeEngine } from './suite.ts';

const resourcesFolder = path.resolve(import.meta.dirname, '../../../resources');

describeEngine({
  id: 'embedded',
  makeEngine: () => new EmbeddedEngine({ resourcesFolder }),
  async kill(runtime) {
    await killProcess(runtime, 'SIGKILL');
    while (await isAlive(runtime)) await new Promise((resolve) => setTimeout(resolve, 5));
  },
  async hasProcess(runtimeFolder) {
    // A machine process names itself after its machine, as soon as it has read its orders.
    const marks = [runtimeFolder, `innkeeper ${machineName(path.dirname(runtimeFolder))}`];
    const lines = execFileSync('ps', ['-A', '-o', 'stat=,args='], { encoding: 'utf8' }).split('\n');
    return lines.some((line) => !line.startsWith('Z') && marks.some((mark) => line.includes(mark)));
  },
});
