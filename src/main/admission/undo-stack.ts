/** Steps that take something back, each undone once, the latest first. */
export class UndoStack {
  readonly #steps: (() => Promise<unknown>)[] = [];

  push(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  /** Takes everything back. A step that fails does not keep the others from being undone. */
  async undo(onFailure: (error: unknown) => void): Promise<void> {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        onFailure(error);
      }
    }
  }
}
