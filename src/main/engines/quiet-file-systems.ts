import type { Session } from './engine.ts';

const THAW_ATTEMPTS = 3;

/**
 * Does the work while the guest's file systems are at rest, so that the disks by themselves are whole. Without an agent, or
 * with one that cannot, the work is done all the same: the disks are then as after a power cut. Whatever becomes of the work,
 * the file systems are let go; a guest that is restored from a state of that moment is let go when it runs
 * (`GuestCare.afterStandstill`).
 * @param work is given what lets the file systems go before it is done
 * @throws what the work throws
 */
export async function withQuietFileSystems<T>(session: Session, work: (letGo: () => void) => Promise<T>): Promise<T> {
  const { guestAgent: agent } = session;
  const canAsk = agent !== null && (await session.status()).state === 'Running' && (await agent.isConnected());
  if (!canAsk) return work(() => undefined);
  let thawed: Promise<void> | undefined;
  const letGo = (): void => {
    thawed ??= thaw(agent);
  };
  // After a timeout the guest may freeze yet, so that it has to be let go in any case.
  await agent.freeze().catch(() => undefined);
  try {
    return await work(letGo);
  } finally {
    letGo();
    await thawed;
  }
}

async function thaw(agent: NonNullable<Session['guestAgent']>): Promise<void> {
  for (let attempt = 1; attempt <= THAW_ATTEMPTS; attempt += 1) {
    try {
      await agent.thaw();
      return;
    } catch {
      // A guest that ends or hangs cannot be let go; the next program that takes the machine back tries again.
    }
  }
}
