import { join } from 'node:path';
import { isSkahaError, SkahaError } from '../../errors/index.js';
import { invalidSettings } from '../document.js';
import { configurationPath, type Environment, homeDirectory } from '../paths.js';
import { loadConfiguration } from '../read.js';
import type { Configuration } from '../schema.js';
import { validate } from '../validate.js';
import { type UpdateOptions, updateConfiguration } from '../write.js';
import { readBundles } from './bundles.js';
import type { ImportTools } from './found.js';
import { type ImportItem, mergeFound } from './merge.js';
import { type PythonFile, readPythonFile } from './python-file.js';
import { readRecords } from './records.js';

/** What to import, and where to save it. */
export interface ImportOptions extends UpdateOptions {
  /** Path of our configuration file; found from the variables if omitted. */
  path?: string | undefined;
  /** Environment variables by name. @defaultValue those of the process */
  environment?: Environment | undefined;
  /** Path of one file to import, absolute; those of both Python clients if omitted. */
  file?: string | undefined;
  /** Replace settings of the same name. @default false */
  force?: boolean | undefined;
  /** Write nothing, and only report what would happen to each setting. @default false */
  dryRun?: boolean | undefined;
  tools: ImportTools;
}

/** The result of an import. It contains no values, so no secrets. */
export interface ImportReport {
  /** Files that were read, in order of precedence. */
  files: readonly string[];
  items: readonly ImportItem[];
  /** Whether our file was changed, or would be. */
  changed: boolean;
}

/**
 * Returns the paths of the Python clients' settings, newer client first.
 *
 * @param environment - where the home directory comes from
 * @example
 * ```ts
 * import { pythonFiles } from 'skaha/config';
 *
 * console.log(pythonFiles());
 * ```
 */
export const pythonFiles = (environment: Environment = process.env): string[] =>
  ['.canfar', '.skaha'].map((folder) => join(homeDirectory(environment), folder, 'config.yaml'));

interface Source extends PythonFile {
  problem?: undefined;
}

interface Unreadable {
  path: string;
  problem: SkahaError;
}

async function read(path: string): Promise<Source | Unreadable | undefined> {
  try {
    return await readPythonFile(path);
  } catch (error) {
    if (!isSkahaError(error)) throw error;
    return { path, problem: error };
  }
}

function nothingThere(paths: readonly string[]): SkahaError {
  return new SkahaError(
    'config.invalid',
    paths.length === 1
      ? `There is no file ${paths[0]}.`
      : `There are no settings of a Python client: neither ${paths.join(' nor ')} exists.`,
    { hint: "Give a file with 'skaha config import FILE', or log in with 'skaha login'." },
  );
}

async function readAll(options: ImportOptions): Promise<(Source | Unreadable)[]> {
  const paths = options.file === undefined ? pythonFiles(options.environment) : [options.file];
  const found = (await Promise.all(paths.map(read))).filter((file) => file !== undefined);
  if (found.length === 0) throw nothingThere(paths);
  // A broken file does not keep the other one from being imported.
  const [first] = found;
  if (first?.problem !== undefined && found.every(({ problem }) => problem !== undefined)) {
    throw first.problem;
  }
  return found;
}

function merge(
  draft: Configuration,
  files: readonly (Source | Unreadable)[],
  { tools, force = false }: ImportOptions,
): ImportItem[] {
  let items: ImportItem[] = [];
  const settled = new Set<string>();
  for (const file of files) {
    if (file.problem !== undefined) {
      const reason = file.problem.message;
      items.push({ file: file.path, setting: '(all)', outcome: 'left out', reason });
      continue;
    }
    const found =
      file.shape === 'records' ? readRecords(file.root, tools) : readBundles(file.root, tools);
    const made = mergeFound(draft, found, file.path, { force, settled });
    for (const { setting, outcome } of made) if (outcome !== 'left out') settled.add(setting);
    items = [...items, ...made];
  }
  return items;
}

/**
 * Imports the settings of the Python clients: first `~/.canfar/config.yaml`, then whatever is only
 * in `~/.skaha/config.yaml`. It never changes their files, and keeps our settings of the same name
 * unless `force` is set.
 *
 * @param options - which file, which rules, and where our configuration is
 * @returns what was imported, what was not, and why
 * @throws {SkahaError} `config.invalid` if there is no such file or none can be read,
 *   `command.validation_failed`, `config.unwritable`
 */
export async function importConfiguration(options: ImportOptions): Promise<ImportReport> {
  const files = await readAll(options);
  const path = options.path ?? configurationPath(options.environment);
  let items: ImportItem[] = [];
  const edit = (draft: Configuration) => {
    items = merge(draft, files, options);
  };
  if (options.dryRun === true) {
    const { configuration } = await loadConfiguration({ path, environment: options.environment });
    const draft = structuredClone(configuration);
    edit(draft);
    const problems = validate(draft);
    if (Array.isArray(problems)) throw invalidSettings(path, problems);
  } else await updateConfiguration(path, edit, options);
  return {
    files: files.map((file) => file.path),
    items,
    changed: items.some(({ outcome }) => outcome === 'taken'),
  };
}
