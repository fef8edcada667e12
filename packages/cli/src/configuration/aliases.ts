import { readFile } from 'node:fs/promises';
import { isRecord } from '@skaha/base/record.js';
import { systemCode } from '@skaha/base/system-code.js';
import type { Aliases } from '@skaha/terminal/aliases.js';
import type { Terminal } from '@skaha/terminal/io.js';
import { optionIn } from '@skaha/terminal/parse/scan.js';
import { configPath } from './places.js';

/**
 * The configuration file as it is, unread: a look at its text costs less than reading it.
 *
 * @throws whatever the file system says
 */
export const configurationText = (env: Terminal['env'], given?: string | undefined) =>
  readFile(configPath(env, given), 'utf8');

/**
 * Reads the aliases of the configuration file without checking the rest of it, so that it costs
 * little, and works as long as the file is YAML.
 *
 * @returns none when there is no file; undefined when it cannot be read
 */
export async function readAliases(
  env: Terminal['env'],
  words: readonly string[] = [],
): Promise<Aliases | undefined> {
  try {
    const text = await configurationText(env, optionIn(words, '--config'));
    if (!text.includes('aliases')) return {};
    const { parse } = await import('yaml');
    const root: unknown = parse(text, { schema: 'core', maxAliasCount: 0, logLevel: 'error' });
    const found =
      isRecord(root) && isRecord(root['aliases']) ? Object.entries(root['aliases']) : [];
    return Object.fromEntries(
      found.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    );
  } catch (error) {
    return systemCode(error) === 'ENOENT' ? {} : undefined;
  }
}
