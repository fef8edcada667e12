import { readFile } from 'node:fs/promises';
import type { Terminal } from '@skaha/terminal/io.js';
import { configurationPath } from 'skaha/config';
import { expandPath } from 'skaha/internal/config/paths.js';

/** Names of the user's own, and what they stand for. */
export type Aliases = Readonly<Record<string, string>>;

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The `--config` among words that stand before a command. */
function configOption(words: readonly string[]): string | undefined {
  const index = words.indexOf('--config');
  if (index >= 0) return words[index + 1];
  return words.find((word) => word.startsWith('--config='))?.slice('--config='.length);
}

/**
 * Reads the aliases of the configuration file without checking the rest of it, so that it costs
 * little, and works as long as the file is YAML.
 *
 * @param env - tells where the file is
 * @param words - of the command line, which may hold `--config`
 * @returns none when there is no file; undefined when it cannot be read
 */
export async function readAliases(
  env: Terminal['env'],
  words: readonly string[] = [],
): Promise<Aliases | undefined> {
  try {
    const given = configOption(words);
    const path = given === undefined ? configurationPath(env) : expandPath(given, env);
    const text = await readFile(path, 'utf8');
    if (!text.includes('aliases')) return {};
    const { parse } = await import('yaml');
    const root: unknown = parse(text, { schema: 'core', maxAliasCount: 0, logLevel: 'error' });
    const found = isMap(root) && isMap(root['aliases']) ? Object.entries(root['aliases']) : [];
    return Object.fromEntries(
      found.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    );
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isMissing ? {} : undefined;
  }
}
