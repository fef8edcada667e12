import type { ArgumentSpec, CommandDefinition, CommandEntry } from '../command.js';

const shown = (spec: ArgumentSpec): string => {
  const name = spec.many === true ? `${spec.value}...` : spec.value;
  return spec.required === true ? name : `[${name}]`;
};

/** How a command is written, on one line. */
export function usageLine(entry: CommandEntry, definition: CommandDefinition): string {
  return [
    'skaha',
    entry.name,
    '[options]',
    ...definition.arguments.map(shown),
    ...(definition.rest === undefined ? [] : [`[-- ${definition.rest.value}]`]),
  ].join(' ');
}
