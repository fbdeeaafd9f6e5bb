import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** An empty folder that goes with the test. Its path is short enough for unix sockets. */
export function makeTempFolder(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'inn-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
