import { LineCounter, parseDocument } from 'yaml';
import { invalidFile, readConfigurationText } from '../file-text.js';

/** A map read from YAML; nothing in it is trusted. */
export type Foreign = Readonly<Record<string, unknown>>;

/** A configuration file of a Python client. */
export interface PythonFile {
  path: string;
  /**
   * `records`: logins and servers apart, as `canfar` writes them. `contexts`: bundles of one login
   * and one server, as `skaha` and the first releases of `canfar` wrote them.
   */
  shape: 'records' | 'contexts';
  root: Foreign;
}

/** Most alias expansions in one file. */
const maxAliasCount = 32;

/** Whether a value is a map. */
export const isForeign = (value: unknown): value is Foreign =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);

/** The map under a key; an empty one when there is none. */
export function mapAt(parent: Foreign, key: string): Foreign {
  const value = Object.hasOwn(parent, key) ? parent[key] : undefined;
  return isForeign(value) ? value : {};
}

/** The text under a key without blanks around it; undefined if there is none. */
export function textAt(parent: Foreign, key: string): string | undefined {
  const value = Object.hasOwn(parent, key) ? parent[key] : undefined;
  if (typeof value !== 'string') return undefined;
  const trimmed = value.trim();
  return trimmed === '' ? undefined : trimmed;
}

/** The number under a key; undefined if there is none that is finite. */
export function numberAt(parent: Foreign, key: string): number | undefined {
  const value = Object.hasOwn(parent, key) ? parent[key] : undefined;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function parse(text: string, path: string): unknown {
  const lines = new LineCounter();
  const broken = (where: string) =>
    invalidFile(path, `is not valid YAML${where}`, 'Correct the file, or import another one.');
  try {
    // Both Python clients write YAML 1.1, where `yes` and `off` are booleans.
    const document = parseDocument(text, {
      version: '1.1',
      prettyErrors: false,
      lineCounter: lines,
      // Python's reader takes the last of two equal keys.
      uniqueKeys: false,
      logLevel: 'error',
    });
    const fault = document.errors[0] ?? document.warnings[0];
    // The parser's own words may quote the file, and the file holds secrets.
    if (fault !== undefined) throw broken(` (line ${lines.linePos(fault.pos[0]).line})`);
    return document.toJS({ maxAliasCount });
  } catch (error) {
    if (error instanceof Error && error.name === 'SkahaError') throw error;
    throw broken('');
  }
}

function shapeOf(root: Foreign, path: string): PythonFile['shape'] {
  const { version } = root;
  if (version === undefined || version === null) {
    if (isForeign(root['authentication']) || isForeign(root['servers'])) return 'records';
    return 'contexts';
  }
  const number = ['number', 'string'].includes(typeof version) ? Number(version) : Number.NaN;
  if (number === 1 || number === 2 || version === true) return 'records';
  const which = number > 2 ? `version ${number}, which is newer` : 'another version';
  throw invalidFile(
    path,
    `is of ${which} than those that can be imported, 1 and 2`,
    "Log in again instead with 'skaha login'.",
  );
}

/**
 * Reads a configuration file of one of the Python clients. It is never changed.
 *
 * @param path - absolute
 * @returns undefined if there is no file
 * @throws {SkahaError} `config.invalid` if it cannot be read or is none of theirs
 */
export async function readPythonFile(path: string): Promise<PythonFile | undefined> {
  const file = await readConfigurationText(path);
  if (file === undefined) return undefined;
  const root = parse(file.text, path) ?? {};
  // The older client took an empty list for no settings.
  const settings = Array.isArray(root) && root.length === 0 ? {} : root;
  if (!isForeign(settings)) {
    throw invalidFile(path, 'contains no settings of a Python client', 'Give another file.');
  }
  if (settings['schema'] === 'skaha') {
    throw invalidFile(
      path,
      'belongs to skaha itself, not to a Python client',
      'Use it with --config FILE or SKAHA_CONFIG.',
    );
  }
  return { path, shape: shapeOf(settings, path), root: settings };
}
