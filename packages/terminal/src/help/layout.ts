import type { AnyOptionSpec, ArgumentSpec, CommandShape } from '../command-shape.js';
import type { Style } from '../output/style.js';
import { pad, width, wrap } from '../output/text.js';
import { formatDuration } from '../parse/duration.js';
import { longName } from '../parse/specs.js';

/** What help is laid out for. */
export interface HelpLayout {
  columns: number;
  style: Style;
}

const widestTerm = 28;

/** Two columns: terms, and what they mean, wrapped beside them. */
export function termList(
  rows: readonly (readonly [term: string, meaning: string])[],
  layout: HelpLayout,
): string[] {
  const terms = Math.min(widestTerm, Math.max(0, ...rows.map(([term]) => width(term))));
  const indent = ' '.repeat(terms + 4);
  return rows.flatMap(([term, meaning]) => {
    const lines = wrap(meaning, Math.max(24, layout.columns - terms - 4));
    const fits = width(term) <= terms;
    const first = fits ? `  ${pad(term, terms)}  ${lines.shift() ?? ''}` : `  ${term}`;
    return [first.trimEnd(), ...lines.map((line) => indent + line)];
  });
}

/** A heading with what belongs under it; nothing when that is empty. */
export function section(title: string, lines: readonly string[], layout: HelpLayout): string[] {
  return lines.length === 0 ? [] : ['', layout.style('bold', `${title}:`), ...lines];
}

function boundsText(spec: AnyOptionSpec): string[] {
  if (spec.type === 'integer' && spec.max !== Number.MAX_SAFE_INTEGER)
    return [`${spec.min} to ${spec.max}`];
  if (spec.type === 'string' && spec.choices !== undefined)
    return [[...spec.choices, ...(spec.forms ?? [])].join(', ')];
  return [];
}

function defaultText(spec: AnyOptionSpec): string[] {
  if (spec.type === 'boolean' || spec.type === 'list' || spec.default === undefined) return [];
  if (spec.type === 'duration') return [`default ${formatDuration(spec.default)}`];
  return [`default ${spec.default}`];
}

/** One option as a row of help. */
export function optionRow(key: string, spec: AnyOptionSpec): [string, string] {
  const short = spec.short === undefined ? '    ' : `-${spec.short}, `;
  const value = spec.type === 'boolean' ? '' : ` ${spec.value}`;
  const facts = [...boundsText(spec), ...defaultText(spec)];
  const repeat = spec.type === 'list' ? '; may be repeated' : '';
  const suffix = facts.length === 0 ? '' : ` (${facts.join('; ')})`;
  return [`${short}${longName(key)}${value}`, `${spec.help}${repeat}${suffix}`];
}

/** Options as rows of help. */
export const optionRows = (specs: Readonly<Record<string, AnyOptionSpec>>): [string, string][] =>
  Object.entries(specs).map(([key, spec]) => optionRow(key, spec));

const argumentName = (spec: ArgumentSpec): string => {
  const name = spec.many === true ? `${spec.value}...` : spec.value;
  return spec.required === true ? name : `[${name}]`;
};

/**
 * How a command is written, on one line.
 *
 * @param name - of program and command, for example `git commit`
 */
export function usageLine(name: string, definition: CommandShape): string {
  return [
    name,
    '[options]',
    ...definition.arguments.map(argumentName),
    ...(definition.rest === undefined ? [] : [`[-- ${definition.rest.value}]`]),
  ].join(' ');
}
