import { isName, nameRule } from '@skaha/base/names.js';
import { aliasWords } from '@skaha/terminal/aliases.js';
import { findExtension } from '@skaha/terminal/extensions.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { didYouMean } from '@skaha/terminal/nearest.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { route } from '@skaha/terminal/parse/route.js';
import { firstWords, type Program, unknownCommand } from '@skaha/terminal/program.js';
import { usageError } from '@skaha/terminal/usage.js';
import { SkahaError } from 'skaha';
import { loadConfiguration } from 'skaha/config';
import type { Run } from '../../command.js';
import {
  changeConfiguration,
  configurationSource,
  readConfiguration,
} from '../../configuration/configuration.js';
import type { aliasLsCommand, aliasRmCommand, aliasSetCommand } from './definitions.js';

export const runAliasLs: Run<typeof aliasLsCommand> = async (io, deps) => {
  const configuration = await readConfiguration(io, deps);
  const all = Object.entries(configuration.aliases ?? {})
    .map(([name, command]) => ({ name, command }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en'));
  await renderList(
    io,
    {
      rows: all,
      document: (alias) => alias,
      columns: [
        { header: 'NAME', value: ({ name }) => name },
        { header: 'COMMAND', value: ({ command }) => `skaha ${command}` },
      ],
      name: ({ name }) => name,
    },
    "There are no aliases yet. Set one: skaha alias set NAME 'TEXT'",
  );
};

function checkName(name: string, program: Program): void {
  if (!isName(name)) throw usageError(`The name '${name}' must ${nameRule}.`);
  if (Object.hasOwn(program.groupAliases, name) || firstWords(program).has(name))
    throw usageError(`'${name}' is a command of skaha, which an alias cannot replace.`);
}

/** Follows the text to a command, so that a mistake is noticed now and not when it is used. */
async function checkText(
  io: Io,
  name: string,
  aliases: Readonly<Record<string, string>>,
  program: Program,
): Promise<void> {
  const seen = [name];
  for (let text = aliases[name] ?? ''; ; ) {
    const words = aliasWords(text);
    if (words[0] === 'skaha') {
      throw usageError("The text begins with 'skaha'.", 'Leave out that word.');
    }
    const target = route(words, program);
    if (target.to === 'root') throw usageError('The text does not begin with a command.');
    if (target.to !== 'unknown') return;
    if (seen.includes(target.name)) {
      throw usageError(
        `The alias '${name}' would lead back to itself: ${[...seen, target.name].join(' → ')}.`,
      );
    }
    seen.push(target.name);
    if (!Object.hasOwn(aliases, target.name)) {
      if (findExtension(program, target.name, io.env) !== undefined) return;
      throw unknownCommand(program, target.name, { others: Object.keys(aliases) });
    }
    text = aliases[target.name] ?? '';
  }
}

export const runAliasSet: Run<typeof aliasSetCommand> = async (io, deps, { name, text }) => {
  checkName(name, deps.program);
  const source = configurationSource(io, deps);
  const { configuration } = await loadConfiguration(source);
  const former = configuration.aliases ?? {};
  await checkText(io, name, { ...former, [name]: text }, deps.program);
  await changeConfiguration(source, (draft) => {
    draft.aliases = { ...draft.aliases, [name]: text };
  });
  const done = Object.hasOwn(former, name) ? 'replaced' : 'set';
  note(io, `The alias '${name}' was ${done}: 'skaha ${text}'`);
};

export const runAliasRm: Run<typeof aliasRmCommand> = async (io, deps, { names }) => {
  const source = configurationSource(io, deps);
  await changeConfiguration(source, (draft) => {
    const kept = { ...draft.aliases };
    const known = Object.keys(kept);
    for (const name of names) {
      if (!known.includes(name))
        throw new SkahaError('alias.not_found', `There is no alias '${name}'.`, {
          hint: didYouMean(name, known) ?? "See them with 'skaha alias ls'.",
          id: name,
        });
      delete kept[name];
    }
    if (Object.keys(kept).length === 0) delete draft.aliases;
    else draft.aliases = kept;
  });
};
