import { access, constants, open, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { InnError } from '../../../shared/errors.ts';
import { awaitEnd, type DetachedProcess, spawnDetached } from '../../processes/detached-process.ts';
import { writeProcessFile } from '../../processes/leftover.ts';
import { openRotatedLog } from '../../processes/log-rotation.ts';
import { killProcess } from '../../processes/process-identity.ts';
import { PROCESS_LOG, RUNTIME_FILES } from '../runtime-files.ts';
import { EVENTS_FILE } from '../session-exit.ts';
import type { MachineFolders } from '../start-spec.ts';
import { givePermission, PERMISSION_FILE, waitingCommand } from './permission.ts';

const SUBJECT = 'QEMU';
/** What the guest has written to its first serial port, in the machine's logs folder. */
const SERIAL_LOG = 'serial.out';
/** The monitor on standard input tells events as soon as it was told this (QMP specification 3.1). */
const NEGOTIATION = '{"execute":"qmp_capabilities"}\n';

/**
 * Starts QEMU in the prepared runtime folder: errors go to the log, events to a file, nothing comes in. It begins when
 * the folder says which process it is, so that the next program can end it should this one be killed.
 * @throws InnError `ENGINE_FAILED` when it cannot be started; the system's error when it cannot be written down
 */
export async function launchQemu(binary: string, args: string[], folders: MachineFolders): Promise<DetachedProcess> {
  await assertExecutable(binary);
  const { runtime, logs } = folders;
  const inRuntime = (name: string): string => path.join(runtime, name);
  await using log = await openRotatedLog(path.join(logs, PROCESS_LOG));
  const serialLog = path.join(logs, SERIAL_LOG);
  await (await openRotatedLog(serialLog)).close(); // QEMU empties it, and would leave it open to everyone if it made it
  await symlink(serialLog, inRuntime(RUNTIME_FILES.serialOutput));
  await writeFile(inRuntime(RUNTIME_FILES.eventsInput), NEGOTIATION, { mode: 0o600 });
  await using input = await open(inRuntime(RUNTIME_FILES.eventsInput), 'r');
  await using events = await open(inRuntime(EVENTS_FILE), 'a', 0o600);
  const qemu = await spawnDetached(...waitingCommand(binary, args), {
    subject: SUBJECT,
    cwd: runtime, // a folder that nobody unmounts under a running machine
    env: process.env,
    stdio: [input.fd, events.fd, log.fd, PERMISSION_FILE],
  });
  try {
    await writeProcessFile(runtime, qemu);
  } catch (error) {
    await killProcess(qemu, 'SIGKILL');
    await awaitEnd(qemu);
    throw error;
  }
  givePermission(qemu.child);
  return qemu;
}

async function assertExecutable(binary: string): Promise<void> {
  await access(binary, constants.X_OK).catch((cause: unknown) => {
    throw new InnError('ENGINE_FAILED', `${SUBJECT} could not be started: '${binary}' is no program that may be run.`, {
      hint: 'The doctor says what is missing and how to get it.',
      cause,
    });
  });
}
