/**
 * The process of one machine of the embedded engine: `node main.ts <runtime folder>`. Told `go` on file descriptor 3, if that
 * is open, it reads `machine.json` in the folder, opens its sockets beside it, says `ready` there (or the error, as JSON), and
 * waits for `cont`. From then on it outlives the program that started it; it ends with the machine, and leaves `exit.json`
 * when it ended in order.
 */
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { beginHouseProcess, endHouseProcess } from '../../../processes/house-process.ts';
import { log } from '../../../processes/process-log.ts';
import type { Spawner } from '../../../processes/spawner.ts';
import { createQmpServer, type QmpServer } from '../../qmp/server.ts';
import { EXIT_FILE, writeExitRecordSync } from '../../session-exit.ts';
import { type ProcessSpec, RUNTIME_FILES } from '../process-spec.ts';
import { machineCommands } from './commands.ts';
import { sampleUsage } from './counters.ts';
import { V86_VERSION } from './emulator.ts';
import { noteEmulatorWords } from './emulator-words.ts';
import type { Ending } from './machine.ts';
import { buildMachine, type MachineParts } from './machine-parts.ts';

let built: MachineParts | undefined;

await beginHouseProcess({
  subject: 'machine',
  console: { speaker: 'emulator', onWords: noteEmulatorWords },
  onHangUp: () => {
    log('the program that started this process is gone, and the guest has never run');
    if (built) built.machine.end('powerOff');
    else process.exit(1);
  },
  open,
});

async function open(runtimeFolder: string, spawner: Spawner): Promise<void> {
  const inFolder = (name: string): string => path.join(runtimeFolder, name);
  await rm(inFolder(EXIT_FILE), { force: true });
  const spec: ProcessSpec = JSON.parse(await readFile(inFolder(RUNTIME_FILES.spec), 'utf8'));
  process.title = `innkeeper ${spec.name}`;
  const parts = await buildMachine(spec, {
    emit: (event, data) => {
      if (event === 'RESUME') spawner.release();
      qmp.emit(event, data);
    },
    onEnd: (ending) => void end(runtimeFolder, ending, parts, qmp),
  });
  built = parts;
  const qmp = createQmpServer({
    version: versionOf(V86_VERSION),
    package: 'Innkeeper machine process (v86)',
    commands: machineCommands(parts),
  });
  catchEmulatorErrors(parts);
  process.on('SIGTERM', () => parts.machine.end('powerOff'));
  await openSockets(inFolder, parts, qmp);
  parts.states.restore();
  log(`machine '${spec.name}' is ready`);
}

async function openSockets(
  inFolder: (name: string) => string,
  { spec, display, serial, network }: MachineParts,
  qmp: QmpServer,
): Promise<void> {
  await serial.listen(inFolder(RUNTIME_FILES.serial));
  await display.listen(inFolder(RUNTIME_FILES.screen));
  const [adapter] = spec.adapters;
  if (adapter) await network?.listen(inFolder(RUNTIME_FILES.frames(adapter.index)));
  await qmp.listen(inFolder(RUNTIME_FILES.monitor));
  await qmp.listen(inFolder(RUNTIME_FILES.qmp));
}

/** Brings the disks in order, says how it ended, and goes. */
async function end(runtimeFolder: string, ending: Ending, parts: MachineParts, qmp: QmpServer): Promise<void> {
  const { machine, states, display, serial, network, clock } = parts;
  log(`the machine ends: ${ending}`);
  clock.close();
  await states.close();
  await machine.drives.finish((drive, error) => log(`not all data reached the disk of drive ${drive.plan.id}`, error));
  writeExitRecordSync(runtimeFolder, ending, { ...sampleUsage(parts), balloonBytes: null, guestFreeBytes: null });
  serial.close();
  network?.close();
  await endHouseProcess([qmp.close(), display.close()]);
}

/** Errors of the emulator make the machine stuck; others are told and, as no state of ours is then half, survived. */
function catchEmulatorErrors({ machine }: MachineParts): void {
  const take = (error: unknown): void => {
    const stack = error instanceof Error ? (error.stack ?? '') : '';
    if (/libv86|wasm/.test(stack) || isWasmTrap(error)) machine.crash(error);
    else log('unforeseen error', error);
  };
  process.on('uncaughtException', take);
  process.on('unhandledRejection', take);
}

function isWasmTrap(error: unknown): boolean {
  return error instanceof Error && error.name === 'RuntimeError';
}

function versionOf(text: string): { major: number; minor: number; micro: number } {
  const [major = 0, minor = 0, micro = 0] = text.split('.').map(Number);
  return { major, minor, micro };
}
