import { type Io, note } from '@skaha/terminal/io.js';
import { usageError } from '@skaha/terminal/usage.js';
import { loadConfiguration, updateConfiguration } from 'skaha/config';
import { isName, nameRule } from 'skaha/internal/config/index.js';
import type { Run } from '../../command.js';
import { findExtension } from '../../custom/extensions.js';
import { splitWords } from '../../custom/words.js';
import { route, unknownCommand } from '../../parse/route.js';
import { configurationSource } from '../config/source.js';
import { commands } from '../index.js';

export interface AliasSetOptions {
  name: string;
  text: string;
}

function checkName(name: string): void {
  if (!isName(name)) throw usageError(`The name '${name}' must ${nameRule}.`);
  const isOurs = commands
    .flatMap((entry) => [entry.name, ...(entry.aliases ?? [])])
    .concat('authentication', 'help')
    .some((taken) => taken.split(' ')[0] === name);
  if (isOurs) {
    throw usageError(`'${name}' is a command of skaha, which an alias cannot replace.`);
  }
}

/** Follows the text to a command, so that a mistake is noticed now and not when it is used. */
async function checkText(
  io: Io,
  name: string,
  aliases: Readonly<Record<string, string>>,
): Promise<void> {
  const seen = [name];
  for (let text = aliases[name] ?? ''; ; ) {
    const words = splitWords(text);
    if (words[0] === 'skaha') {
      throw usageError("The text begins with 'skaha'.", 'Leave that word out.');
    }
    const target = route(words, commands);
    if (target.to === 'root') throw usageError('The text names no command.');
    if (target.to !== 'unknown') return;
    if (seen.includes(target.name)) {
      throw usageError(
        `The alias '${name}' would lead back to itself: ${[...seen, target.name].join(' → ')}.`,
      );
    }
    seen.push(target.name);
    if (!Object.hasOwn(aliases, target.name)) {
      if ((await findExtension(target.name, io.env)) !== undefined) return;
      throw unknownCommand(commands, target.name, { others: Object.keys(aliases) });
    }
    text = aliases[target.name] ?? '';
  }
}

/** Keeps a command line under a name. */
export const runAliasSet: Run<AliasSetOptions> = async (io, deps, { name, text }) => {
  checkName(name);
  const source = configurationSource(io, deps);
  const { configuration } = await loadConfiguration(source);
  const former = configuration.aliases ?? {};
  await checkText(io, name, { ...former, [name]: text });
  await updateConfiguration(
    source.path,
    (draft) => {
      draft.aliases = { ...draft.aliases, [name]: text };
    },
    source,
  );
  const done = Object.hasOwn(former, name) ? 'replaced' : 'set';
  note(io, `The alias '${name}' was ${done}:  skaha ${text}`);
  return undefined;
};
