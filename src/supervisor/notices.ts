/** Something about the container that whoever looks at its state should know, and that is no program's doing. */
export interface Notice {
  severity: "info" | "warning" | "error";
  /** One line, without a full stop. */
  message: string;
  /** The health probe fails as long as the notice stands, whatever was before. */
  isUnhealthy?: boolean;
}

/** A notice as clients read it. */
export type ShownNotice = Pick<Notice, "severity" | "message"> & { id: string };

/** The notices that stand, by an id that is their owner's choice. */
export class Notices {
  readonly #notices = new Map<string, Notice>();
  readonly #onChange: () => void;

  /** `onChange` is called after each change. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Puts up a notice, in the place of the one of that id. */
  set(id: string, notice: Notice): void {
    this.#notices.set(id, notice);
    this.#onChange();
  }

  /** Takes a notice back, if it stands. */
  delete(id: string): void {
    if (this.#notices.delete(id)) this.#onChange();
  }

  /** In the order in which they were put up. */
  get shown(): ShownNotice[] {
    return [...this.#notices].map(([id, { severity, message }]) => ({ id, severity, message }));
  }

  /** What makes the container unhealthy. */
  get problems(): string[] {
    return [...this.#notices.values()].flatMap(({ isUnhealthy, message }) => (isUnhealthy ? [message] : []));
  }
}
