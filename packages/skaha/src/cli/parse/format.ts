import { type OutputFormat, outputFormats } from '../io.js';
import { usageError } from '../usage.js';

/**
 * Settles on one output format.
 *
 * @param values - what was read for `output`, `json`, `yaml`, `wide` and `quiet`
 * @throws {SkahaError} command.usage when two were asked for
 */
export function chooseFormat(values: Readonly<Record<string, unknown>>): OutputFormat {
  const asked = new Map<OutputFormat, string>();
  const named = outputFormats.find((format) => format === values['output']);
  if (named !== undefined) asked.set(named, `-o ${named}`);
  for (const format of ['json', 'yaml', 'wide'] as const)
    if (values[format] === true) asked.set(format, `--${format}`);
  if (values['quiet'] === true) asked.set('name', '--quiet');
  if (asked.size > 1)
    throw usageError(
      `${[...asked.values()].join(' and ')} cannot be used together.`,
      'Ask for one output format.',
    );
  return [...asked.keys()][0] ?? 'table';
}

/**
 * Guesses the format for an error that stopped the command line from being read.
 *
 * @param argv - all words
 */
export function guessFormat(argv: readonly string[]): OutputFormat {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  const asks = (format: 'json' | 'yaml') =>
    words.includes(`--${format}`) ||
    words.some((word, index) => /^(-o|--output=?)$/.test(word) && words[index + 1] === format) ||
    words.includes(`--output=${format}`) ||
    words.includes(`-o${format}`);
  if (asks('json')) return 'json';
  return asks('yaml') ? 'yaml' : 'table';
}
