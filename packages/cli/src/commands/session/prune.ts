import { glob } from '@skaha/base/glob.js';
import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, isMachine, note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { table } from '@skaha/terminal/output/table.js';
import { count } from '@skaha/terminal/output/text.js';
import { onlyOne, usageError } from '@skaha/terminal/usage.js';
import { sameStatus } from '@skaha/wire/status.js';
import { isFinished, type SessionInfo } from 'skaha';
import type { OptionsOf, Run } from '../../command.js';
import type { pruneCommand } from './definitions.js';
import { deleteAndShow } from './delete.js';
import { ownSessions, selectionOf } from './select.js';
import { byStart, sessionColumns, sessionDocument } from './view.js';

type PruneOptions = OptionsOf<typeof pruneCommand>;

/** How the text of a selector is understood. */
export type SelectorKind = 'prefix' | 'glob' | 'regex';

/** A way to pick sessions by name. */
export interface NameSelector {
  kind: SelectorKind;
  matches(name: string): boolean;
  /** In words, for example `names beginning with 'ab'`. */
  description: string;
}

function guessKind(text: string): SelectorKind {
  if (/^[A-Za-z0-9-]*$/.test(text)) return 'prefix';
  return /^[A-Za-z0-9*?-]+$/.test(text) ? 'glob' : 'regex';
}

function compile(text: string): RegExp {
  try {
    return new RegExp(text, 'i');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw usageError(
      `'${text}' is not a regular expression: ${reason}.`,
      'Use --prefix or --glob if you did not mean one.',
    );
  }
}

/**
 * Understands a selector of names: plain text is a prefix; with `*` or `?` alone it is a pattern
 * for whole names; with any other special character a regular expression found anywhere.
 *
 * @param forced - the kind, when the user says so
 * @throws {SkahaError} command.usage for an invalid regular expression
 */
export function nameSelector(text: string, forced?: SelectorKind): NameSelector {
  const kind = forced ?? guessKind(text);
  // The server stores names in lower case.
  const lower = text.toLowerCase();
  if (kind === 'prefix')
    return {
      kind,
      matches: (name) => name.startsWith(lower),
      description: `names beginning with '${text}'`,
    };
  if (kind === 'glob') {
    const whole = glob(lower);
    return { kind, matches: (name) => whole.test(name), description: `names like '${text}'` };
  }
  const expression = compile(text);
  return {
    kind,
    matches: (name) => expression.test(name),
    description: `names matching the regular expression /${text}/`,
  };
}

function forcedKind({ prefix, glob, regex }: PruneOptions): SelectorKind | undefined {
  onlyOne(
    { '--prefix': prefix, '--glob': glob, '--regex': regex },
    'Use only one of them to say how NAME is meant.',
  );
  return prefix ? 'prefix' : glob ? 'glob' : regex ? 'regex' : undefined;
}

function isMeant(session: SessionInfo, options: PruneOptions, now: number): boolean {
  const { kind = 'headless', status, olderThan } = options;
  if (kind !== 'all' && session.kind.toLowerCase() !== kind) return false;
  const fits =
    status === undefined ? isFinished(session.status) : sameStatus(session.status, status);
  if (status !== 'all' && !fits) return false;
  if (olderThan === undefined) return true;
  return session.startTime !== undefined && session.startTime.getTime() <= now - olderThan;
}

const mostShown = 20;

/** The list above the question, on standard error, not longer than a screen. */
function showAboveQuestion(io: Io, found: readonly SessionInfo[], now: number): void {
  const onError = { isTty: io.errIsTty, columns: io.columns, style: io.errStyle };
  io.err(table(onError, sessionColumns(now, false), found.slice(0, mostShown)));
  const more = found.length - mostShown;
  if (more > 0) io.err(`… and ${more} more; see them all with --dry-run\n`);
}

export const runPrune: Run<typeof pruneCommand> = async (io, deps, options) => {
  const selector = nameSelector(options.selector, forcedKind(options));
  const sessions = await ownSessions(await deps.client(), io);
  const now = deps.now();
  const found = sessions
    .filter((session) => isMeant(session, options, now) && selector.matches(session.name))
    .sort(byStart);
  note(io, `Looking for ${selector.description}: ${count(found.length, 'session')}.`);
  if (options.dryRun || found.length === 0) {
    if (found.length === 0 && !isMachine(io.format)) return;
    await render(io, {
      data: found.map((session) => sessionDocument(session)),
      table: () => table(io, sessionColumns(now, false), found),
      names: () => found.map(({ id }) => id),
    });
    return;
  }
  if (!io.assumeYes && io.mayAsk) showAboveQuestion(io, found, now);
  const question = `Delete ${count(found.length, 'session')}?`;
  if (await confirm(io, question, 'Nothing was deleted.'))
    await deleteAndShow(io, deps, selectionOf(found), options.progress);
};
