/** Starts a machine process, as a program that does nothing else: `launcher.ts end|die <runtime folder>`. */
import path from 'node:path';
import { spawnDetached } from '../../../src/main/engines/detached-process.ts';
import { launchMachineProcess } from '../../../src/main/engines/embedded/launch.ts';
import { machineProcessEnvironment, machineProcessPath } from '../../../src/main/engines/embedded/process-script.ts';

const [what, folder = '.'] = process.argv.slice(2);

if (what === 'end') {
  const launched = await launchMachineProcess(folder, path.join(folder, 'machine.log'));
  await launched.end();
  console.log('ended');
} else {
  // Dies where `launchMachineProcess` would go on to write the process down.
  const { pid, pidStartTime } = await spawnDetached(process.execPath, [machineProcessPath(), folder], {
    subject: 'The machine process',
    cwd: folder,
    env: machineProcessEnvironment(),
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  process.stdout.write(JSON.stringify({ pid, pidStartTime }), () => process.kill(process.pid, 'SIGKILL'));
}
