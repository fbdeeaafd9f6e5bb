import type { LiveSession } from './live-session.ts';
import type { RunnerContext } from './runner-context.ts';

/** Ends the machine's process at once; one that does not end is Stuck. @throws what `Session.powerOff` throws */
export async function powerOffLive(context: RunnerContext, live: LiveSession): Promise<void> {
  const id = live.machineId;
  // The action that was interrupted may have written what it found; this one is under way now.
  if (!live.exit) context.write(id, { state: 'Stopping', reason: 'user' });
  try {
    await live.session.powerOff();
    await live.session.exit;
  } catch (error) {
    if (!live.exit) {
      context.write(id, { state: 'Stuck', reason: 'engineHangs', detail: (error as Error).message });
      throw error;
    }
  } finally {
    await context.settle(live);
  }
}
