// @ts-check
// Writes docs/reference/cli.md from the definitions of the commands, so that no fact is written twice.
// `--check` fails when the page does not say what the definitions say. Needs the built packages.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { program } from '@skaha/cli/program.js';
import { argumentRow, exitRows } from '@skaha/terminal/help/command-help.js';
import { optionRows, usageLine } from '@skaha/terminal/help/layout.js';
import { confirmationSpecs, outputSpecs } from '@skaha/terminal/parse/specs.js';
import { runCheck } from './lib/report.mjs';
import { root } from './lib/root.mjs';
import { readText } from './lib/sources.mjs';

const page = 'docs/reference/cli.md';

/** @typedef {import('@skaha/cli/command.js').CommandEntry} CommandEntry */

/** @param {string} text */
const escaped = (text) => text.replace(/[|<>*_[\]]/g, '\\$&');

/**
 * @param {string} title
 * @param {readonly (readonly [string, string])[]} rows
 */
function table(title, rows) {
  if (rows.length === 0) return [];
  const lines = rows.map(([term, meaning]) => {
    return `| \`${term.trim().replaceAll('|', '\\|')}\` | ${escaped(meaning)} |`;
  });
  return [`| ${title} | |`, '|---|---|', ...lines, ''];
}

/** @param {CommandEntry} entry */
async function command(entry) {
  const definition = await entry.load();
  const rest = definition.rest === undefined ? [] : [definition.rest];
  const examples = definition.examples.flatMap(({ command, help }) => [`# ${help}`, command]);
  const fields = (definition.fields?.names ?? []).map((name) => `\`${name}\``).join(', ');
  const names = (entry.aliases ?? []).map((name) => `\`skaha ${name}\``);
  return [
    `### skaha ${entry.name}`,
    '',
    '```text',
    usageLine(`skaha ${entry.name}`, definition),
    '```',
    '',
    ...definition.description.split('\n').flatMap((paragraph) => [escaped(paragraph.trim()), '']),
    ...table('Argument', [...definition.arguments, ...rest].map(argumentRow)),
    ...table(
      'Option',
      optionRows({ ...definition.options, ...confirmationSpecs(definition, program) }),
    ),
    ...table('Output', optionRows(outputSpecs(definition))),
    ...(fields === '' ? [] : [`Fields: ${fields}.`, '']),
    '```sh',
    ...examples,
    '```',
    '',
    ...table('Exit status', exitRows(definition, program.exitMeanings)),
    ...(names.length === 0 ? [] : [`Also: ${names.join(', ')}.`, '']),
  ];
}

/** @param {string} name */
async function group(name) {
  const members = program.commands.filter((entry) => entry.group === name);
  return [`## ${name}`, '', ...(await Promise.all(members.map(command))).flat()];
}

const lines = [
  '# Commands',
  '',
  '<!-- Written by scripts/reference.mjs from the definitions of the commands. -->',
  '',
  'Every command with its options, as `skaha COMMAND --help` shows them. What the commands have in',
  'common is explained in [The command line](../command-line.md).',
  '',
  ...(await Promise.all(program.groups.map(group))).flat(),
  '## Options for every command',
  '',
  ...table('Option', optionRows(program.options)),
  '## Exit status',
  '',
  ...table('Status', Object.entries(program.exitMeanings)),
];
const text = `${lines.join('\n').trimEnd()}\n`;

if (process.argv.includes('--check')) {
  // A page that is missing says nothing either.
  const written = existsSync(join(root, page)) ? readText(root, page) : '';
  const finding = `${page}: differs from the commands; run 'npm run build' and 'node scripts/reference.mjs'`;
  await runCheck(import.meta, 'Reference', () => (written === text ? [] : [finding]));
} else {
  mkdirSync(dirname(join(root, page)), { recursive: true });
  writeFileSync(join(root, page), text);
}
