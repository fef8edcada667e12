/** One line of a menu. */
export interface Option {
  /** What the choice resolves to. */
  value: string;
  label: string;
  /** Shown beside the line under the cursor. */
  hint?: string | undefined;
  /** Shown, but not to be chosen. */
  disabled?: boolean | undefined;
}

/**
 * Asks the person at the terminal. Every question rejects with `command.cancelled` when it is
 * cancelled, so that nothing after it happens.
 */
export interface Prompts {
  /** One of several, with the arrow keys. */
  choose(question: string, options: readonly Option[], signal: AbortSignal): Promise<string>;
  /** One of many, found by typing a part of it. */
  search(question: string, options: readonly Option[], signal: AbortSignal): Promise<string>;
  /** A line of text; never empty. With `usual` Enter alone gives that. */
  text(question: string, signal: AbortSignal, usual?: string): Promise<string>;
  /** A line of text that is not shown; never empty. */
  secret(question: string, signal: AbortSignal): Promise<string>;
}
