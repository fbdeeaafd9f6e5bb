import { open, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type DetachedProcess, spawnDetached } from '../detached-process.ts';
import type { MachineFolders } from '../engine.ts';
import { writeProcessFile } from '../leftover.ts';
import { openRotatedLog } from '../log-rotation.ts';
import { PROCESS_LOG, RUNTIME_FILES } from '../runtime-files.ts';
import { EVENTS_FILE } from '../session-exit.ts';

const SUBJECT = 'QEMU';
/** What the guest has written to its first serial port, in the machine's logs folder. */
const SERIAL_LOG = 'serial.out';
/** The monitor on standard input tells events as soon as it was told this (QMP specification 3.1). */
const NEGOTIATION = '{"execute":"qmp_capabilities"}\n';

/**
 * Starts QEMU in the prepared runtime folder: errors go to the log, events to a file, nothing comes in.
 * @throws InnError `ENGINE_FAILED` when it cannot be started
 */
export async function launchQemu(binary: string, args: string[], folders: MachineFolders): Promise<DetachedProcess> {
  const { runtime, logs } = folders;
  const inRuntime = (name: string): string => path.join(runtime, name);
  await using log = await openRotatedLog(path.join(logs, PROCESS_LOG));
  const serialLog = path.join(logs, SERIAL_LOG);
  await (await openRotatedLog(serialLog)).close(); // QEMU empties it, and would leave it open to everyone if it made it
  await symlink(serialLog, inRuntime(RUNTIME_FILES.serialOutput));
  await writeFile(inRuntime(RUNTIME_FILES.eventsInput), NEGOTIATION, { mode: 0o600 });
  await using input = await open(inRuntime(RUNTIME_FILES.eventsInput), 'r');
  await using events = await open(inRuntime(EVENTS_FILE), 'a', 0o600);
  const qemu = await spawnDetached(binary, args, {
    subject: SUBJECT,
    cwd: runtime, // a folder that nobody unmounts under a running machine
    env: process.env,
    stdio: [input.fd, events.fd, log.fd],
  });
  await writeProcessFile(runtime, qemu);
  return qemu;
}
