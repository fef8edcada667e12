import type { AnyOptionSpec, CommandDefinition } from '../command.js';
import { globalSpecs } from './globals.js';

/** `dryRun` as it is typed: `--dry-run`. */
export const longName = (key: string): string =>
  `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** The options a command has because it prints data. */
export function outputSpecs(definition: CommandDefinition): Record<string, AnyOptionSpec> {
  const formats = definition.formats;
  const specs: Record<string, AnyOptionSpec> = {};
  if (formats !== undefined) {
    specs['output'] = {
      type: 'string',
      short: 'o',
      value: 'FORMAT',
      choices: ['table', ...formats],
      help: 'print the data in this form',
    };
    if (formats.includes('json')) specs['json'] = { type: 'boolean', help: 'same as -o json' };
    if (formats.includes('yaml')) specs['yaml'] = { type: 'boolean', help: 'same as -o yaml' };
    if (formats.includes('wide')) specs['wide'] = { type: 'boolean', help: 'same as -o wide' };
  }
  if (definition.quiet === true)
    specs['quiet'] = { type: 'boolean', short: 'q', help: 'print ids only, one a line' };
  return specs;
}

/** The options a command has because it asks before it acts. */
export function confirmationSpecs(definition: CommandDefinition): Record<string, AnyOptionSpec> {
  return definition.confirms === true
    ? {
        yes: { type: 'boolean', short: 'y', help: 'do not ask (also -f, --force, SKAHA_YES=1)' },
        force: { type: 'boolean', short: 'f', help: 'same as --yes' },
      }
    : {};
}

/** Every option a command understands, its own before the common ones of the same name. */
export function allSpecs(definition: CommandDefinition): Record<string, AnyOptionSpec> {
  const own = { ...outputSpecs(definition), ...confirmationSpecs(definition) };
  return { ...globalSpecs, ...own, ...definition.options };
}
