import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { nearest } from '@skaha/terminal/nearest.js';
import { fieldText } from '@skaha/terminal/output/field.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { render, renderPaged, toYaml } from '@skaha/terminal/output/render.js';
import type { Ink } from '@skaha/terminal/output/style.js';
import { table } from '@skaha/terminal/output/table.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { canAsk, interactionRequired } from '@skaha/terminal/prompts/ask.js';
import { usageError } from '@skaha/terminal/usage.js';
import { programWords } from '@skaha/terminal/words.js';
import { isSkahaError, SkahaError } from 'skaha';
import {
  type Assignment,
  changeSettings,
  effectiveSettings,
  expandPath,
  formatSettingPath,
  type ImportItem,
  importConfiguration,
  type LoadedConfiguration,
  loadConfiguration,
  maskSettings,
  parseSettingPath,
  parseSettingValue,
  readConfigurationText,
  readSetting,
  replaceConfiguration,
  unknownSetting,
} from 'skaha/config';
import type { Run } from '../../command.js';
import { configurationSource } from '../../configuration.js';
import type { Deps } from '../../deps.js';
import { importTools } from '../../import-hint.js';
import type * as def from './definitions.js';

async function showOrigins(io: Io, loaded: LoadedConfiguration, showSecrets: boolean) {
  await renderList(
    io,
    {
      rows: effectiveSettings(loaded, { environment: io.env, showSecrets }),
      document: (row) => ({ ...row }),
      columns: [
        { header: 'KEY', value: ({ key }) => key },
        { header: 'VALUE', value: ({ value }) => fieldText(value), shrinkTo: 16 },
        { header: 'ORIGIN', value: ({ origin }) => origin },
        { header: 'SOURCE', value: ({ source }) => source ?? '-', shrinkTo: 12, cut: 'start' },
      ],
    },
    'Nothing is set.',
  );
}

export const runConfigShow: Run<typeof def.configShowCommand> = async (io, deps, options) => {
  const { showOrigin, showSecrets } = options;
  const loaded = await loadConfiguration(configurationSource(io, deps));
  const { path, exists, configuration, warnings } = loaded;
  for (const warning of warnings) note(io, `Warning: ${warning}`);
  if (!exists) note(io, `${path} does not exist; nothing is set.`);
  if (showOrigin) {
    await showOrigins(io, loaded, showSecrets);
    return;
  }
  const data = showSecrets ? configuration : maskSettings(configuration);
  const text = await toYaml(data);
  await renderPaged(io, { data, table: () => text });
};

export const runConfigGet: Run<typeof def.configGetCommand> = async (
  io,
  deps,
  { key, showSecrets },
) => {
  const data = (await readSetting(key, configurationSource(io, deps), { showSecrets })) ?? null;
  // Text stands alone, without the quotes that YAML might need, so that scripts can use it.
  const text = typeof data === 'string' ? `${data}\n` : await toYaml(data);
  await render(io, { data, table: () => text });
};

interface Pair {
  path: string;
  text: string;
}

// The key may hold = only inside quotes.
const joined = /^((?:"(?:[^"\\]|\\.)*"|[^"=])+)=(.*)$/s;

function readPairs(words: readonly string[]): Pair[] {
  const [first = '', second, ...more] = words;
  if (!joined.test(first)) {
    if (second === undefined || more.length > 0) {
      throw usageError(
        'Give one key and its value, or several as KEY=VALUE.',
        "For example: 'skaha config set contexts.night.server=canfar contexts.night.credential=cadc'",
      );
    }
    return [{ path: first, text: second }];
  }
  return words.map((word) => {
    const [, path, text] = joined.exec(word) ?? [];
    if (path !== undefined && text !== undefined) return { path, text };
    throw usageError(
      `Argument ${words.indexOf(word) + 1} is not of the form KEY=VALUE.`,
      'Put arguments with spaces in quotes.',
    );
  });
}

/** True when a part of the value would be hidden if it were shown. */
function holdsSecret(path: string, value: unknown): boolean {
  return JSON.stringify(maskSettings(value, parseSettingPath(path))) !== JSON.stringify(value);
}

function assignment({ path, text }: Pair, asText: boolean): Assignment {
  const value = asText ? text : parseSettingValue(text, path);
  if (holdsSecret(path, value)) {
    throw usageError(
      `The value for '${path}' is secret and cannot be given on the command line.`,
      `Give it on standard input: skaha config set '${path}' - < FILE`,
    );
  }
  return { path, value: value === null ? undefined : value };
}

/** What is misspelt would be kept and change nothing. */
function checkKnown(path: string, value: unknown): void {
  const found = value === undefined ? undefined : unknownSetting(parseSettingPath(path), value);
  if (found === undefined) return;
  const { candidates } = found;
  const before = found.path.slice(0, -1);
  const guess = nearest(found.path.at(-1) ?? '', candidates);
  const written = parseSettingPath(path).slice(found.path.length);
  const meant = guess === undefined ? undefined : formatSettingPath([...before, guess, ...written]);
  const where = before.length === 0 ? '' : ` below ${formatSettingPath(before)}`;
  throw usageError(
    `There is no setting '${formatSettingPath(found.path)}'.`,
    meant !== undefined
      ? `Did you mean '${meant}'?`
      : candidates.length === 0
        ? `'${formatSettingPath(before)}' is a single value.`
        : `These exist${where}: ${candidates.join(', ')}.`,
  );
}

export const runConfigSet: Run<typeof def.configSetCommand> = async (
  io,
  deps,
  { words, string },
) => {
  const pairs = readPairs(words);
  if (pairs.filter(({ text }) => text === '-').length > 1) {
    throw usageError(
      'Only one value can be read from standard input.',
      'Set the others with a separate command.',
    );
  }
  const assignments: Assignment[] = [];
  for (const pair of pairs) {
    assignments.push(
      pair.text === '-'
        ? { path: pair.path, value: (await io.readAll()).trim() }
        : assignment(pair, string),
    );
  }
  for (const { path, value } of assignments) checkKnown(path, value);
  const source = configurationSource(io, deps);
  await changeSettings(assignments, source, source);
};

/** Shows where the configuration is; works whatever state the file is in. */
export const runConfigPath: Run<typeof def.configPathCommand> = async (io, deps) => {
  const { path } = configurationSource(io, deps);
  await render(io, { data: path, table: () => `${path}\n` });
};

export const runConfigValidate: Run<typeof def.configValidateCommand> = async (
  io,
  deps,
  options,
) => {
  const source = configurationSource(io, deps);
  const named = options.file === undefined ? source.path : expandPath(options.file, io.env);
  const { path, exists, warnings } = await loadConfiguration({ ...source, path: named });
  if (options.file !== undefined && !exists) {
    throw new SkahaError('config.invalid', `There is no file ${path}.`, {
      hint: 'Check its path.',
    });
  }
  if (options.strict && warnings.length > 0) {
    throw new SkahaError('config.invalid', warnings.join(' '), {
      hint: 'Without --strict these are warnings.',
    });
  }
  const state = exists ? 'is valid' : 'does not exist, so nothing is set';
  await render(io, {
    data: { path, exists, valid: true, warnings },
    table: () =>
      [`${path} ${state}.`, ...warnings.map((warning) => `Warning: ${plain(warning)}`)]
        .map((line) => `${line}\n`)
        .join(''),
  });
};

export const runConfigUnset: Run<typeof def.configUnsetCommand> = async (io, deps, { keys }) => {
  const source = configurationSource(io, deps);
  // A misspelt key would otherwise pass for one that was removed.
  for (const key of keys) await readSetting(key, source);
  await changeSettings(
    keys.map((path) => ({ path, value: undefined })),
    source,
    source,
  );
};

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

export const runConfigEdit: Run<typeof def.configEditCommand> = async (io, deps) => {
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
        note(io, `${path} was changed.`);
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

const inks: Readonly<Record<ImportItem['outcome'], Ink>> = {
  taken: 'green',
  kept: 'dim',
  'left out': 'yellow',
};

export const runConfigImport: Run<typeof def.configImportCommand> = async (io, deps, options) => {
  const { force, dryRun } = options;
  const source = configurationSource(io, deps);
  const file = options.file === undefined ? undefined : expandPath(options.file, io.env);
  const tools = importTools;
  const report = await importConfiguration({ ...source, file, force, dryRun, tools });
  const { files, items, changed } = report;
  await render(io, {
    data: {
      files,
      changed,
      dry_run: dryRun,
      items: items.map((item) => ({ ...item, reason: item.reason ?? null })),
    },
    table: () =>
      items.length === 0
        ? ''
        : table(
            io,
            [
              { header: 'SETTING', value: ({ setting }) => setting },
              {
                header: 'OUTCOME',
                value: ({ outcome }) => outcome,
                ink: ({ outcome }) => inks[outcome],
              },
              { header: 'FILE', value: (item) => item.file, shrinkTo: 12, cut: 'start' as const },
              { header: 'REASON', value: ({ reason }) => reason ?? '', shrinkTo: 20 },
            ],
            items,
          ),
  });
  const where = files.join(' and ');
  const taken = items.filter(({ outcome }) => outcome === 'taken').length;
  const done = dryRun ? 'would be imported' : 'imported';
  if (items.some(({ outcome }) => outcome !== 'left out')) {
    note(io, `${count(taken, 'setting')} ${done} from ${where}.`);
  } else note(io, `There are no settings in ${where} that can be imported.`);
  if (!dryRun) note(io, await nextStep(source));
};

/** What to do after an import: whoever has no context yet would not know what is missing. */
async function nextStep(source: ReturnType<typeof configurationSource>): Promise<string> {
  const { active, contexts } = (await loadConfiguration(source)).configuration;
  const names = Object.keys(contexts);
  if (typeof active === 'string') return "See the logins with 'skaha auth ls'.";
  return names.length === 0
    ? "No login has a server yet: log in with 'skaha login'."
    : `No context is active yet: choose one with 'skaha context use NAME'. These exist: ${names.join(', ')}.`;
}
