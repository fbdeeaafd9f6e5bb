import type { GuestAgent } from './guest-agent.ts';

/** What is done for a guest by its agent, where one answers; nothing of it may ever hold the machine up. */
export class GuestCare {
  readonly #agent: GuestAgent | null;
  #wasAskedToShutDown = false;

  constructor(agent: GuestAgent | null) {
    this.#agent = agent;
  }

  /**
   * The guest stood still, or its state was loaded: its clock is behind, and a snapshot may have caught it with its file
   * systems at rest. Never rejects.
   */
  async afterStandstill(): Promise<void> {
    const agent = this.#agent;
    if (agent === null || !(await agent.isConnected())) return;
    try {
      await agent.thaw();
      await agent.setClock();
    } catch {
      // The guest goes on with what it has; whoever looks at it sees that its agent does not answer.
    }
  }

  /** Asks once; a guest that did not heed it gets the power button the next time. True when the agent has agreed. */
  async askToShutDown(): Promise<boolean> {
    const agent = this.#agent;
    if (agent === null || this.#wasAskedToShutDown || !(await agent.isConnected())) return false;
    this.#wasAskedToShutDown = true;
    return agent.shutdown().then(
      () => true,
      () => false, // the power button is still there
    );
  }
}
