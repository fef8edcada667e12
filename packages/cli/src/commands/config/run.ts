import { randomUUID } from 'node:crypto';
import { mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { nearest } from '@skaha/terminal/nearest.js';
import { fieldText } from '@skaha/terminal/output/field.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { render, renderPaged, toYaml } from '@skaha/terminal/output/render.js';
import type { Ink } from '@skaha/terminal/output/style.js';
import { type Column, column, table } from '@skaha/terminal/output/table.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { canAsk, interactionRequired } from '@skaha/terminal/prompts/ask.js';
import { usageError } from '@skaha/terminal/usage.js';
import { programWords } from '@skaha/terminal/words.js';
import { isSkahaError, SkahaError } from 'skaha';
import {
  type Assignment,
  changeSettings,
  type EffectiveSetting,
  effectiveSettings,
  expandPath,
  formatSettingPath,
  type ImportItem,
  importConfiguration,
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
import {
  type CommandSource,
  configurationSource,
  warn,
} from '../../configuration/configuration.js';
import { importTools } from '../../configuration/import-hint.js';
import type { Deps } from '../../environment/deps.js';
import type * as def from './definitions.js';

const originColumns: readonly Column<EffectiveSetting>[] = [
  column('KEY', ({ key }) => key),
  column('VALUE', ({ value }) => fieldText(value), { shrinkTo: 16 }),
  column('ORIGIN', ({ origin }) => origin),
  column('SOURCE', ({ source }) => source ?? '-', { shrinkTo: 12, cut: 'start' }),
];

export const runConfigShow: Run<typeof def.configShowCommand> = async (io, deps, options) => {
  const { showOrigin, showSecrets } = options;
  const loaded = await loadConfiguration(configurationSource(io, deps));
  const { path, exists, configuration, warnings } = loaded;
  for (const warning of warnings) warn(io, warning);
  if (!exists) note(io, `${path} does not exist; nothing is set.`);
  if (!showOrigin) {
    const data = showSecrets ? configuration : maskSettings(configuration);
    const text = await toYaml(data);
    await renderPaged(io, { data, table: () => text });
    return;
  }
  const rows = effectiveSettings(loaded, { environment: io.env, showSecrets });
  const list = { rows, document: (row: EffectiveSetting) => ({ ...row }), columns: originColumns };
  await renderList(io, list, 'Nothing is set.');
};

export const runConfigGet: Run<typeof def.configGetCommand> = async (io, deps, options) => {
  const { key, showSecrets } = options;
  const data = (await readSetting(key, configurationSource(io, deps), { showSecrets })) ?? null;
  // Text stands alone, without the quotes that YAML might need, so that scripts can use it.
  const text = typeof data === 'string' ? `${data}\n` : await toYaml(data);
  await render(io, { data, table: () => text });
};

type Pair = readonly [path: string, text: string];

// The key may hold = only inside quotes.
const joined = /^((?:"(?:[^"\\]|\\.)*"|[^"=])+)=(.*)$/s;

function readPairs(words: readonly string[]): Pair[] {
  const [first = '', second, ...more] = words;
  if (!joined.test(first)) {
    if (second !== undefined && more.length === 0) return [[first, second]];
    throw usageError(
      'Give one key and its value, or several as KEY=VALUE.',
      "For example: 'skaha config set contexts.night.server=canfar contexts.night.credential=cadc'",
    );
  }
  return words.map((word, index): Pair => {
    const [, path, text] = joined.exec(word) ?? [];
    if (path !== undefined && text !== undefined) return [path, text];
    throw usageError(
      `Argument ${index + 1} is not of the form KEY=VALUE.`,
      'Put arguments with spaces in quotes.',
    );
  });
}

function typedValue(path: string, text: string, asText: boolean): unknown {
  const value = asText ? text : parseSettingValue(text, path);
  const masked = maskSettings(value, parseSettingPath(path));
  if (JSON.stringify(masked) !== JSON.stringify(value)) {
    throw usageError(
      `The value for '${path}' is secret and cannot be given on the command line.`,
      `Give it on standard input: skaha config set '${path}' - < FILE`,
    );
  }
  return value ?? undefined;
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

export const runConfigSet: Run<typeof def.configSetCommand> = async (io, deps, options) => {
  const pairs = readPairs(options.words);
  if (pairs.filter(([, text]) => text === '-').length > 1) {
    throw usageError(
      'Only one value can be read from standard input.',
      'Set the others with a separate command.',
    );
  }
  const assignments: Assignment[] = [];
  for (const [path, text] of pairs) {
    const value =
      text === '-' ? (await io.readAll()).trim() : typedValue(path, text, options.string);
    assignments.push({ path, value });
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
      [`${path} ${state}.\n`, ...warnings.map((text) => `Warning: ${plain(text)}\n`)].join(''),
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

async function wantsToTryAgain(io: Io, error: unknown): Promise<boolean> {
  if (!isSkahaError(error, 'config.invalid')) throw error;
  if (!canAsk(io)) {
    // What was edited is not what is in place, so the advice about a broken file does not fit.
    throw new SkahaError('config.invalid', error.message, {
      hint: 'The file is unchanged, and what you wrote is discarded.',
    });
  }
  io.err(`${io.errStyle('red', 'Error:')} ${error.message}\n`);
  return confirm({ ...io, assumeYes: false }, 'Edit it again?');
}

export const runConfigEdit: Run<typeof def.configEditCommand> = async (io, deps) => {
  const source = configurationSource(io, deps);
  const { path } = source;
  const editor = editorOf(io);
  const before = (await readConfigurationText(path))?.text;
  const start = before ?? 'schema: skaha\nversion: 1\n';
  // The ending lets editors colour it.
  const draft = join(dirname(path), `.config-${randomUUID()}.yaml`);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(draft, start, { flag: 'wx', mode: 0o600 });
  try {
    for (;;) {
      await runEditor(deps, editor, draft);
      const text = await readFile(draft, 'utf8');
      if (text === start) {
        note(io, 'Nothing was changed.');
        return undefined;
      }
      try {
        await replaceConfiguration(path, { before, text }, source);
        note(io, `${path} was changed.`);
        return undefined;
      } catch (error) {
        if (await wantsToTryAgain(io, error)) continue;
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

const importColumns: readonly Column<ImportItem>[] = [
  column('SETTING', ({ setting }) => setting),
  column('OUTCOME', ({ outcome }) => outcome, { ink: ({ outcome }) => inks[outcome] }),
  column('FILE', ({ file }) => file, { shrinkTo: 12, cut: 'start' }),
  column('REASON', ({ reason }) => reason ?? '', { shrinkTo: 20 }),
];

export const runConfigImport: Run<typeof def.configImportCommand> = async (io, deps, options) => {
  const { force, dryRun } = options;
  const source = configurationSource(io, deps);
  const file = options.file === undefined ? undefined : expandPath(options.file, io.env);
  const { files, items, changed } = await importConfiguration({
    ...source,
    file,
    force,
    dryRun,
    tools: importTools,
  });
  await render(io, {
    data: {
      files,
      changed,
      dry_run: dryRun,
      items: items.map((item) => ({ ...item, reason: item.reason ?? null })),
    },
    table: () => (items.length === 0 ? '' : table(io, importColumns, items)),
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
async function nextStep(source: CommandSource): Promise<string> {
  const { active, contexts } = (await loadConfiguration(source)).configuration;
  const names = Object.keys(contexts);
  if (typeof active === 'string') return "See the logins with 'skaha auth ls'.";
  return names.length === 0
    ? "No login has a server yet: log in with 'skaha login'."
    : `No context is active yet: choose one with 'skaha context use NAME'. These exist: ${names.join(', ')}.`;
}
