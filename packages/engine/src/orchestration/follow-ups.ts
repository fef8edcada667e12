/** What follows from a change. */
export interface FollowUp {
  /**
   * What is done as soon as the change is written, while the disk takes it in. A launch may be
   * repeated: of all that are asked to, only one runs a session.
   */
  readonly launch: () => void;
  /** What cannot be undone, once the change is kept for good. */
  readonly act: () => void;
}

/** What follows from changes that are not kept for good yet, in the order of the changes. */
export class FollowUps {
  #waiting: FollowUp[] = [];
  /** Of changes that could not be kept for good when they were to be. */
  #held: FollowUp[] = [];

  add(followUp: FollowUp): void {
    this.#waiting.push(followUp);
  }

  /** All of them: what is added from here on belongs to changes that are written later. */
  take(): readonly FollowUp[] {
    const taken = [...this.#held, ...this.#waiting];
    this.#held = [];
    this.#waiting = [];
    return taken;
  }

  /** Keeps those that were taken until others are taken after them. */
  hold(taken: readonly FollowUp[]): void {
    this.#held = [...taken, ...this.#held];
  }

  /** Does all that is not held. */
  act(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { launch, act } of waiting) {
      launch();
      act();
    }
  }
}
