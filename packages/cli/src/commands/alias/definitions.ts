import { defineCommand, listOf, required } from '../../command.js';

export const aliasLsCommand = defineCommand({
  description:
    'Lists the aliases in the configuration file and the command lines they stand for. Programs called skaha-NAME on the PATH also become commands; they are not listed here.',
  ...listOf('name command'),
  examples: { 'skaha alias ls': 'all of them', 'skaha alias ls --json': 'for a program' },
  exitCodes: { 1: 'the configuration file cannot be read or is not valid' },
});

export const aliasSetCommand = defineCommand({
  description:
    "Saves a command line under a name in the configuration file. From then on 'skaha NAME' runs it. In the text, $1 to $9 stand for the arguments after the name, $@ for all of them and $$ for a dollar sign; arguments that the text does not mention are added at the end. Quotes keep words together; no shell is involved. The commands of skaha cannot be replaced, and an alias must not lead back to itself.",
  arguments: [
    required('name', 'NAME', 'a letter, then letters, digits, - and _'),
    required('text', 'TEXT', 'a command line without the word skaha, in quotes'),
  ],
  examples: {
    "skaha alias set failed 'ps --all --status Failed'": "then: 'skaha failed'",
    "skaha alias set fit 'create headless skaha/astroml:latest -n $1 -- python fit.py'":
      "then: 'skaha fit m31 --band r'",
  },
  exitCodes: {
    1: 'the configuration file cannot be written or is not valid',
    2: 'the name or the text cannot be used; nothing was changed',
  },
});

export const aliasRmCommand = defineCommand({
  description: 'Removes the aliases given, or none of them if one does not exist.',
  arguments: [required('names', 'NAME', "an alias from 'skaha alias ls'", { many: true })],
  examples: { 'skaha alias rm failed': 'remove one', 'skaha alias ls': 'list the aliases first' },
  exitCodes: {
    1: 'the configuration file cannot be written or is not valid',
    4: 'there is no such alias',
  },
});
