import { usageError } from '../usage.js';

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
 * @throws {UsageError} `command.usage` naming the line; its text may hold a secret and is not shown
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
