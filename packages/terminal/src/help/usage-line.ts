import type { ArgumentSpec, CommandShape } from '../command-shape.js';

const shown = (spec: ArgumentSpec): string => {
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
    ...definition.arguments.map(shown),
    ...(definition.rest === undefined ? [] : [`[-- ${definition.rest.value}]`]),
  ].join(' ');
}
