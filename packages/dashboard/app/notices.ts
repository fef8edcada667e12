import { signal } from '@preact/signals';
import { type Problem, problemOf } from './api.js';

/** What became of one of several. */
export interface Outcome {
  readonly label: string;
  readonly ok: boolean;
  readonly words: string;
}

/** Something that is said in passing. */
export interface Notice {
  readonly id: number;
  readonly tone: 'bad' | 'good' | 'plain';
  readonly text: string;
  readonly hint?: string | undefined;
  readonly actions?: readonly { label: string; run: () => void }[] | undefined;
  /** Whether the first action gets the focus: somebody without a mouse would come too late. */
  readonly takesFocus?: boolean | undefined;
  /** What became of each item. */
  readonly items?: readonly Outcome[] | undefined;
}

export const notices = signal<readonly Notice[]>([]);
let last = 0;

const usualMs = 6_000;

/**
 * Says something.
 *
 * @param lifeMs - how long it stays; for ever where it has to be read
 * @returns takes it away
 */
export function say(notice: Omit<Notice, 'id'>, lifeMs = usualMs): () => void {
  last += 1;
  const id = last;
  notices.value = [...notices.value, { ...notice, id }].slice(-4);
  const end = () => dismiss(id);
  if (Number.isFinite(lifeMs)) setTimeout(end, lifeMs);
  return end;
}

/** Takes a notice away. */
export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id);
}

/** Says what went wrong; it stays until it was read. */
export function showProblem(error: unknown): void {
  const { message, hint }: Problem = problemOf(error);
  say({ tone: 'bad', text: message, hint }, Number.POSITIVE_INFINITY);
}
