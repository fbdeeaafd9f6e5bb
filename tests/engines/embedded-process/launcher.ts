/** Starts a machine process, as a program that does nothing else: `launcher.ts end|die <runtime folder>`. */
import path from 'node:path';
import { MACHINE_PROCESS } from '../../../src/main/engines/embedded/process-script.ts';
import { spawnDetached } from '../../../src/main/processes/detached-process.ts';
import { launchProgram } from '../../../src/main/processes/launch-program.ts';
import { programEnvironment } from '../../../src/main/processes/program-environment.ts';

const [what, folder = '.'] = process.argv.slice(2);

if (what === 'end') {
  const launched = await launchProgram(MACHINE_PROCESS, folder, path.join(folder, 'machine.log'));
  await launched.end();
  console.log('ended');
} else {
  // Dies where `launchProgram` would go on to write the process down.
  const { pid, pidStartTime } = await spawnDetached(process.execPath, [MACHINE_PROCESS.script, folder], {
    subject: MACHINE_PROCESS.subject,
    cwd: folder,
    env: programEnvironment(),
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  process.stdout.write(JSON.stringify({ pid, pidStartTime }), () => process.kill(process.pid, 'SIGKILL'));
}
