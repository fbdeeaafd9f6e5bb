import type { Session } from '../engines/engine.ts';

/**
 * The execution cap of one session. Two have a say: the user, by the settings, and the allocation, which may grant
 * less. The lesser holds. Calls to the engine go one after the other, so that the latest word is the last.
 */
export class ExecutionCap {
  /** What the allocation grants, in percent of a processor per virtual processor; 100: it does not hold back. */
  granted = 100;
  /** What the engine was told last; undefined: nothing by this program. */
  told: number | undefined;
  #turn: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** True while the engine has not answered an earlier word. */
  get isBusy(): boolean {
    return this.#waiting > 0;
  }

  /**
   * Tells the engine the lesser of the user's own cap and the grant.
   * @param ownPercent 1 to 100
   * @throws InnError what the engine throws
   */
  async tell(session: Pick<Session, 'setCpuLimit'>, ownPercent: number): Promise<void> {
    this.#waiting += 1;
    const told = this.#turn.then(async () => {
      const percent = Math.min(ownPercent, this.granted);
      await session.setCpuLimit(percent);
      this.told = percent;
    });
    this.#turn = told.catch(() => undefined); // whoever asked hears of it
    await told.finally(() => {
      this.#waiting -= 1;
    });
  }
}
