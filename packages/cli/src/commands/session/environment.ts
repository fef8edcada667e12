import { usageError } from '@skaha/terminal/usage.js';

function unquote(value: string): string {
  const quote = value[0];
  return value.length > 1 && (quote === '"' || quote === "'") && value.endsWith(quote)
    ? value.slice(1, -1)
    : value;
}

/**
 * Reads a file of variables: `KEY=VALUE` lines, with blank lines, `#` comments, an optional
 * `export` and quotes around values. Nothing is expanded.
 *
 * @param text - the file
 * @param path - for the error
 * @throws {SkahaError} command.usage naming the line; its text may hold a secret and is not shown
 */
export function parseEnvFile(text: string, path: string): [string, string][] {
  return text.split(/\r?\n/).flatMap((line, index): [string, string][] => {
    const content = line.trim();
    if (content === '' || content.startsWith('#')) return [];
    const match = /^(?:export\s+)?([^=\s]+)\s*=\s*(.*)$/s.exec(content);
    if (match?.[1] === undefined)
      throw usageError(`Line ${index + 1} of ${path} is not KEY=VALUE.`, 'Comments begin with #.');
    return [[match[1], unquote(match[2] ?? '')]];
  });
}

/**
 * Collects the variables of `--env-file` and then `-e`; the last of a name wins.
 *
 * @param given - what was given for `-e`
 * @param files - what was given for `--env-file`
 * @param own - the environment of this process, for `-e KEY`
 * @param read - reads a file
 */
export async function collectEnvironment(
  given: readonly string[],
  files: readonly string[],
  own: Readonly<Record<string, string | undefined>>,
  read: (path: string) => Promise<string>,
): Promise<Record<string, string>> {
  const entries: [string, string][] = [];
  for (const path of files) {
    entries.push(...parseEnvFile(await read(path), path));
  }
  for (const item of given) {
    const equals = item.indexOf('=');
    const name = equals < 0 ? item : item.slice(0, equals);
    const value = equals < 0 ? own[name] : item.slice(equals + 1);
    if (name === '') throw usageError('-e needs a name before the "=".', 'Write -e KEY=VALUE.');
    if (value === undefined)
      throw usageError(
        `The variable ${name} is not set here.`,
        `Write -e ${name}=VALUE, or set it.`,
      );
    entries.push([name, value]);
  }
  return Object.fromEntries(entries);
}
