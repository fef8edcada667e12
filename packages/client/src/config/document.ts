import { type Document, isNode, LineCounter, parseDocument } from 'yaml';
import { SkahaError } from '../errors/index.js';
import { formatPath } from './dotted.js';
import { invalidFile, readConfigurationText } from './file-text.js';
import { emptyConfiguration } from './schema.js';
import type { Problem } from './shape.js';
import { readSettings, type Settings } from './validate.js';

/** A file's text as a document that keeps comments and layout, and the settings in it. */
export interface ConfigurationDocument extends Settings {
  document: Document;
}

// The parser's own messages may quote the file, and the file holds secrets.
const explanations: Readonly<Record<string, string>> = {
  BAD_ALIAS: 'an alias that refers to nothing',
  BAD_INDENT: 'the indentation is wrong',
  BLOCK_AS_IMPLICIT_KEY: 'a second ":" on one line; put the value in quotes',
  DUPLICATE_KEY: 'a key appears twice',
  MISSING_CHAR: 'a quote, bracket or ":" is missing',
  MULTIPLE_DOCS: 'more than one YAML document',
  RESOURCE_EXHAUSTION: 'it is nested too deeply',
  TAB_AS_INDENT: 'tabs cannot be used for indentation',
  TAG_RESOLVE_FAILED: 'a tag (!) that is not allowed',
};

/** Most alias expansions in one file; a few are handy, many are an attack. */
const maxAliasCount = 32;

/**
 * Makes the error for settings that are wrong.
 *
 * @param path - of the file
 * @param problems - at least one
 * @param lineOf - finds the line of a setting, from 1
 */
export function invalidSettings(
  path: string,
  problems: readonly Problem[],
  lineOf: (problem: Problem) => number | undefined = () => undefined,
): SkahaError {
  const described = problems.slice(0, 5).map((problem) => {
    const line = lineOf(problem);
    const where = problem.path.length === 0 ? 'the file' : formatPath(problem.path);
    return `${where} ${problem.message}${line === undefined ? '' : ` (line ${line})`}`;
  });
  const more = problems.length > 5 ? ` and ${problems.length - 5} more` : '';
  const foreign = problems.some((problem) => problem.path[0] === 'schema');
  return invalidFile(
    path,
    `is not valid: ${described.join('; ')}${more}`,
    foreign
      ? 'If you wrote it for skaha, begin it with the lines "schema: skaha" and "version: 1"; otherwise set SKAHA_CONFIG to another file.'
      : undefined,
  );
}

function parse(text: string, lines: LineCounter): Document {
  return parseDocument(text, {
    schema: 'core',
    version: '1.2',
    prettyErrors: false,
    lineCounter: lines,
    uniqueKeys: true,
    // Not 'silent', which would also pass over a second document.
    logLevel: 'error',
  });
}

function lineFinder(document: Document, lines: LineCounter) {
  return ({ path }: Problem): number | undefined => {
    for (let depth = path.length; depth > 0; depth -= 1) {
      const node = document.getIn(path.slice(0, depth), true);
      const start = isNode(node) ? node.range?.[0] : undefined;
      if (start !== undefined) return lines.linePos(start).line;
    }
    return undefined;
  };
}

/**
 * Reads a configuration from text.
 *
 * @param text - YAML; nothing but blanks and comments stands for no settings
 * @param path - of the file, for messages
 * @throws {SkahaError} `config.invalid` with path and line
 */
export function parseConfiguration(text: string, path: string): ConfigurationDocument {
  const lines = new LineCounter();
  let document: Document;
  let root: unknown;
  try {
    document = parse(text, lines);
    const fault = document.errors[0] ?? document.warnings[0];
    if (fault !== undefined) {
      const reason = explanations[fault.code] ?? 'something is out of place';
      throw invalidFile(
        path,
        `is not valid YAML: ${reason} (line ${lines.linePos(fault.pos[0]).line})`,
      );
    }
    root = document.toJS({ maxAliasCount });
  } catch (error) {
    if (error instanceof SkahaError) throw error;
    const reason =
      error instanceof RangeError
        ? 'is nested too deeply'
        : 'has too many aliases, or one that refers to nothing';
    throw invalidFile(path, reason);
  }
  if (root === null || root === undefined) {
    return { document, configuration: emptyConfiguration(), references: [] };
  }
  const settings = readSettings(root);
  if (Array.isArray(settings)) throw invalidSettings(path, settings, lineFinder(document, lines));
  return { document, ...settings };
}

/**
 * Reads the configuration together with the document it was written as.
 *
 * @param path - of the file
 */
export async function readDocument(
  path: string,
): Promise<ConfigurationDocument & { loose: boolean }> {
  const file = await readConfigurationText(path);
  return { ...parseConfiguration(file?.text ?? '', path), loose: file?.loose ?? false };
}
