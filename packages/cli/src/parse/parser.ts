import { type CommandLine, readCommandLine } from '@skaha/terminal/parse/command-line.js';
import type { CommandDefinition, CommandEntry } from '../command.js';
import { program } from '../program.js';
import { type GlobalOptions, readGlobals } from './globals.js';

export interface Parsed extends CommandLine {
  globals: GlobalOptions;
}

/**
 * Reads the words of one command.
 *
 * @throws {UsageError} for anything the command does not understand
 */
export function parse(
  entry: CommandEntry,
  definition: CommandDefinition,
  words: readonly string[],
): Parsed {
  const line = readCommandLine(program, entry, definition, words);
  return { ...line, globals: readGlobals(line.common, line.given.get('verbose')?.length ?? 0) };
}
