import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { canAsk, interactionRequired } from '@skaha/terminal/prompts/ask.js';
import { isSkahaError, SkahaError } from 'skaha';
import { readConfigurationText, replaceConfiguration } from 'skaha/internal/config/index.js';
import type { Run } from '../../command.js';
import { programWords } from '../../custom/words.js';
import type { Deps } from '../../deps.js';
import { configurationSource } from './source.js';

const beginning = 'schema: skaha\nversion: 1\n';

/** The editor's program and its own arguments; no shell takes part. */
function editorOf(io: Io): string[] {
  for (const name of ['VISUAL', 'EDITOR']) {
    const chosen = io.env[name]?.trim() ?? '';
    if (chosen !== '') return programWords(chosen, name);
  }
  if (!canAsk(io)) {
    throw interactionRequired(
      'No editor is set.',
      "Set EDITOR, or change single settings with 'skaha config set'.",
    );
  }
  return ['vi'];
}

async function runEditor(deps: Deps, [program = '', ...args]: string[], file: string) {
  const status = await deps.runProgram(program, [...args, file]);
  if (status === 0) return;
  throw new SkahaError(
    'command.validation_failed',
    status === undefined
      ? `The editor ${program} cannot be started.`
      : `The editor ${program} ended with status ${status}.`,
    { hint: 'The configuration file is unchanged. Choose another editor with EDITOR.' },
  );
}

async function writeDraft(path: string, text: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // The ending lets editors colour it.
  const draft = join(dirname(path), `.config-${randomUUID()}.yaml`);
  const file = await open(draft, 'wx', 0o600);
  await file.writeFile(text).finally(() => file.close());
  return draft;
}

/** What was edited is not what is in place, so the advice about a broken file does not fit. */
const refused = (error: unknown): unknown =>
  isSkahaError(error, 'config.invalid')
    ? new SkahaError('config.invalid', error.message, {
        hint: 'The file is unchanged, and what you wrote is discarded.',
      })
    : error;

async function tryAgain(io: Io, error: unknown): Promise<boolean> {
  if (!isSkahaError(error, 'config.invalid') || !canAsk(io)) throw refused(error);
  io.err(`${io.errStyle('red', 'Error:')} ${error.message}\n`);
  return confirm({ ...io, assumeYes: false }, 'Edit it again?');
}

/** Opens the configuration in an editor. */
export const runConfigEdit: Run<Record<never, never>> = async (io, deps) => {
  const source = configurationSource(io, deps);
  const { path } = source;
  const editor = editorOf(io);
  const before = (await readConfigurationText(path))?.text;
  const draft = await writeDraft(path, before ?? beginning);
  try {
    for (;;) {
      await runEditor(deps, editor, draft);
      const text = await readFile(draft, 'utf8');
      if (text === (before ?? beginning)) {
        note(io, 'Nothing was changed.');
        return undefined;
      }
      try {
        await replaceConfiguration(path, { before, text }, source);
        note(io, `${path} is changed.`);
        return undefined;
      } catch (error) {
        if (await tryAgain(io, error)) continue;
        note(io, 'The file is unchanged.');
        return 1;
      }
    }
  } finally {
    await unlink(draft).catch(() => undefined);
  }
};
