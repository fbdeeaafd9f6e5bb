import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { QemuEngine } from '../../../src/main/engines/qemu/engine.ts';
import { isAlive, killProcess } from '../../../src/main/processes/process-identity.ts';
import { describeEngine } from './suite.ts';

describeEngine({
  id: 'qemu',
  makeEngine: () => new QemuEngine({ env: process.env, cacheFolder: path.join(tmpdir(), 'innkeeper-test-cache') }),
  async kill(runtime) {
    await killProcess(runtime, 'SIGKILL');
    while (await isAlive(runtime)) await new Promise((resolve) => setTimeout(resolve, 5));
  },
  async hasProcess(runtimeFolder) {
    // The paths of its sockets stand in its command line.
    const lines = execFileSync('ps', ['-A', '-ww', '-o', 'stat=,args='], { encoding: 'utf8' }).split('\n');
    return lines.some((line) => !line.startsWith('Z') && line.includes(`${runtimeFolder}/`));
  },
});
