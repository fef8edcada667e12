import { say, type WordsIo } from '@skaha/terminal/io.js';
import type { OutputFormat } from '@skaha/terminal/output/formats.js';
import type { Style } from '@skaha/terminal/output/style.js';
import { guarded } from '@skaha/terminal/output/terminal-text.js';
import { plain } from '@skaha/terminal/output/text.js';
import { UsageError } from '@skaha/terminal/usage.js';
import { isSkahaError, type PartialError, SkahaError } from 'skaha';
import { type ExitStatus, exitStatuses, Interruption } from '../exit.js';

/** Turns anything thrown into an error of our family; what we did not foresee is `internal`. */
export function toSkahaError(error: unknown): SkahaError {
  if (isSkahaError(error)) return error;
  if (error instanceof UsageError) {
    return new SkahaError(error.code, error.message, { hint: error.hint, cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new SkahaError('internal', `Something unexpected went wrong: ${plain(message)}`, {
    cause: error,
    hint: "Run the command again with --debug, and report what it shows with 'skaha version --debug'.",
  });
}

const isPartial = (error: SkahaError): error is PartialError<unknown> =>
  error.name === 'PartialError' && 'failed' in error;

function knownStatus(code: string): ExitStatus {
  return Object.hasOwn(exitStatuses, code) ? exitStatuses[code as keyof typeof exitStatuses] : 1;
}

/**
 * The exit status for an error. When every item of many failed in the same way, it is that of
 * their error.
 */
export function exitStatusOf(error: SkahaError): number {
  if (error instanceof Interruption) return error.exitStatus;
  if (!isPartial(error) || error.done.length > 0) return knownStatus(error.code);
  const statuses = new Set(error.failed.map((item) => knownStatus(item.error.code)));
  const [only] = statuses;
  return statuses.size === 1 && only !== undefined ? only : 1;
}

/** The document that stands for an error on standard error in machine formats. */
export function errorDocument(error: SkahaError): Record<string, unknown> {
  const document: Record<string, unknown> = { ...error.toJSON() };
  if (isPartial(error))
    // As it was named: `name` is the key that the documents about launches promise.
    document['items'] = error.failed.map(({ index, item, error: reason }) => ({
      index,
      item,
      name: item,
      error: reason.toJSON(),
    }));
  return document;
}

/** Same failures together, so that fifty replicas refused for one reason make one line. */
function reasons(error: PartialError<unknown>): string[] {
  const items = new Map<string, string[]>();
  for (const { item, error: reason } of error.failed) {
    const known = items.get(reason.message);
    if (known === undefined) items.set(reason.message, [item]);
    else known.push(item);
  }
  return [...items].map(([message, names]) => {
    const shown = names.length > 5 ? [...names.slice(0, 4), `… ${names.length - 4} more`] : names;
    return `  ${shown.map(plain).join(', ')}: ${plain(message)}`;
  });
}

function hintOf(error: SkahaError): string | undefined {
  if (error.hint !== undefined || !isPartial(error)) return error.hint;
  return error.failed.find((item) => item.error.hint !== undefined)?.error.hint;
}

/** What the server said, where our message does not say it already. */
function serverWords(error: SkahaError): string[] {
  const said = isPartial(error) ? error.failed[0]?.error : error;
  const text = said?.serverMessage;
  if (text === undefined || text === '' || said?.message.includes(text)) return [];
  return [`  The server said${said?.status ? ` (HTTP ${said.status})` : ''}: ${plain(text)}`];
}

/** Where an error comes from. */
export function trace(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\nCaused by: ${trace(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

export interface ReportOptions {
  format: OutputFormat;
  style: Style;
  debug: boolean;
}

/** Prints an error to standard error: one document in machine formats, else lines for people. */
export async function report(
  terminal: WordsIo,
  error: SkahaError,
  { format, style, debug }: ReportOptions,
): Promise<void> {
  // Nothing but text: what a server said is in it as it came.
  const write = guarded(terminal.err, terminal.errIsTty ? 'nothing' : undefined);
  if (format === 'json' || format === 'jsonl') write(`${JSON.stringify(errorDocument(error))}\n`);
  else if (format === 'yaml') {
    const { toYaml } = await import('@skaha/terminal/output/render.js');
    write(await toYaml(errorDocument(error)));
  } else {
    const hint = hintOf(error);
    const lines = [
      `${style('red', 'Error:')} ${plain(error.message)}`,
      ...(isPartial(error) ? reasons(error) : []),
      ...serverWords(error),
      ...(hint === undefined ? [] : [`${style('cyan', 'Hint:')} ${plain(hint)}`]),
    ];
    say(terminal, lines.join('\n'));
  }
  if (debug) write(`Code: ${error.code}\n${trace(error)}\n`);
}
