import { type RenderIo, render } from '@skaha/terminal/output/render.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { type FailedItem, isSkahaError, PartialError, SkahaError } from 'skaha';

/** What became of many items: all of them, in `done` or in `failed`. */
export interface Outcome<Done> {
  done: readonly Done[];
  failed: readonly FailedItem[];
}

/**
 * Does something for each item; one that fails does not keep the others from being done.
 *
 * @param nameOf - what an item is called where it failed
 * @param isOwn - whether an error is about one item, and not about all of them
 * @throws what is not about one item, and what ends the command
 */
export async function forEach<Item, Done>(
  { signal }: { signal: AbortSignal },
  items: readonly Item[],
  nameOf: (item: Item) => string,
  work: (item: Item) => Promise<Done>,
  isOwn: (error: SkahaError) => boolean = () => true,
): Promise<Outcome<Done>> {
  const done: Done[] = [];
  const failed: FailedItem[] = [];
  for (const [index, item] of items.entries()) {
    try {
      done.push(await work(item));
    } catch (error) {
      if (signal.aborted || !isSkahaError(error) || !isOwn(error)) throw error;
      failed.push({ index, item: nameOf(item), error });
    }
  }
  return { done, failed };
}

/** The same error in words that say more. */
export function reworded(
  error: SkahaError,
  { message = error.message, hint }: { message?: string; hint?: string | undefined },
): SkahaError {
  const { cause, status, serverMessage, id, retryable, retryAfterMs, details } = error;
  const options = { cause, status, serverMessage, id, retryable, retryAfterMs, details, hint };
  return error instanceof PartialError
    ? new PartialError(message, error.done, error.failed, options)
    : new SkahaError(error.code, message, options);
}

/** What became of one item, for programs; the names of its fields are a promise. */
export const itemDocument = <Item extends object>(
  action: string,
  item: Item,
  error?: SkahaError,
) => ({ ...item, ok: error === undefined, action, error: error?.toJSON() ?? null });

/** Prints what was done: a line for each session or program, or their ids. */
export const renderDone = (
  io: RenderIo,
  word: string,
  done: readonly { id: string; name: string }[],
  data: unknown,
): Promise<void> =>
  render(io, {
    data,
    table: () => done.map(({ id, name }) => `${word} ${id} (${plain(name)})\n`).join(''),
    names: () => done.map(({ id }) => id),
  });

/**
 * Throws for the items that were not done, after those that were have been shown.
 *
 * @param doing - what was attempted, for example `delete`
 * @param noun - what an item is
 * @throws {SkahaError} the item's own error when there was one item only
 * @throws {PartialError} partial.failure when there were several
 */
export function throwIfFailed(outcome: Outcome<unknown>, doing: string, noun = 'session'): void {
  const { done, failed } = outcome;
  const [first] = failed;
  if (first === undefined) return;
  if (failed.length === 1 && done.length === 0) throw first.error;
  const total = done.length + failed.length;
  const message = `Could not ${doing} ${failed.length} of ${count(total, noun)}.`;
  throw new PartialError(message, done, failed);
}

/**
 * Shows what was done, unless that is nothing, and then throws for what was not.
 *
 * @param show - prints what was done
 * @throws what {@link throwIfFailed} throws
 */
export async function showOutcome(
  outcome: Outcome<unknown>,
  doing: string,
  show: () => Promise<void>,
  noun?: string,
): Promise<void> {
  const { done, failed } = outcome;
  if (done.length > 0 || failed.length === 0) await show();
  throwIfFailed(outcome, doing, noun);
}
