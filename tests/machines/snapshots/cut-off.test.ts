import { spawn } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTempFolder } from '../../support/temp-folder.ts';

const script = path.resolve(import.meta.dirname, '../../support/cut-off-core.ts');

/** Everything that the core has said, after it ended. */
interface Run {
  text: string;
  signal: NodeJS.Signals | null;
}

/** Runs a core on the folder; `onReady` is called when it has found everything as it should be. */
function runCore(folder: string, args: string[], onReady: (kill: () => void) => void): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, folder, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    let isReady = false;
    const onData = (chunk: Buffer): void => {
      text += chunk.toString();
      if (isReady || !text.includes('ready')) return;
      isReady = true;
      onReady(() => child.kill('SIGKILL'));
    };
    child.stdout.on('data', onData);
    child.stderr.on('data', onData);
    child.once('close', (_code, signal) => resolve({ text, signal }));
  });
}

const STEPS = [
  'take: overlays made',
  'takeOnline: overlays made',
  'takeOnline: settings switched',
  'takeOnline: disks switched',
  'takeOnline: state written',
  'restore: overlays made',
  'restore: memory there',
  'restore: stored',
  'delete: forgotten',
  'merge: copied down',
  'merge: copied up',
  'merge: stored',
  'delete: merged',
  'merge online: noted',
  'merge online: merged down',
  'merge online: merged up',
  'merge online: stored',
  'clone: overlays made',
  'clone: disk copied',
  'clone: in place',
];

describe('a core that is killed', () => {
  it('at any named step leaves each operation whole or not at all', async () => {
    const folder = makeTempFolder();
    const stopped: string[] = [];
    for (const [seed, step] of STEPS.entries()) {
      const { text, signal } = await runCore(folder, [String(seed + 1), step], (kill) =>
        setTimeout(kill, 120_000).unref(),
      );
      expect(text).not.toContain('WRONG');
      expect({ step, signal, text }).toMatchObject({ step, signal: 'SIGKILL' });
      if (text.includes(`stopped at ${step}`)) stopped.push(step);
    }
    expect(stopped).toEqual(STEPS);
    expect((await runCore(folder, ['0'], (kill) => kill())).text).toContain('ready');
  }, 900_000);

  it('at sixty random moments leaves each operation whole or not at all', async () => {
    const folder = makeTempFolder();
    for (let kill = 1; kill <= 60; kill += 1) {
      const { text, signal } = await runCore(folder, [String(kill * 7)], (end) => setTimeout(end, (kill * 37) % 400));
      expect(text).not.toContain('WRONG');
      expect({ kill, signal, text }).toMatchObject({ kill, signal: 'SIGKILL' });
    }
    expect((await runCore(folder, ['0'], (end) => end())).text).toContain('ready');
  }, 900_000);
});
