// @ts-check
// Writes docs/reference/cli.md from the definitions of the commands, so that no fact stands twice.
// `--check` fails when the page does not say what the definitions say. Needs the built packages.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { report } from './lib/report.mjs';
import { root } from './lib/root.mjs';
import { readText } from './lib/sources.mjs';

const page = 'docs/reference/cli.md';

/** @typedef {import('../packages/cli/src/command.js').CommandDefinition} CommandDefinition */
/** @typedef {import('../packages/cli/src/command.js').CommandEntry} CommandEntry */

/** @param {string} module */
const load = (module) => import(pathToFileURL(join(root, 'packages', module)).href);

/** @type {typeof import('../packages/cli/src/commands/index.js')} */
const { commands } = await load('cli/dist/commands/index.js');
/** @type {typeof import('../packages/cli/src/command.js')} */
const { commandGroups } = await load('cli/dist/command.js');
/** @type {typeof import('../packages/cli/src/exit.js')} */
const { exitMeanings } = await load('cli/dist/exit.js');
/** @type {typeof import('../packages/terminal/src/help/layout.js')} */
const { optionRows } = await load('terminal/dist/help/layout.js');
/** @type {typeof import('../packages/cli/src/help/command-help.js')} */
const { argumentRow, exitRows } = await load('cli/dist/help/command-help.js');
/** @type {typeof import('../packages/terminal/src/help/usage-line.js')} */
const { usageLine } = await load('terminal/dist/help/usage-line.js');
/** @type {typeof import('../packages/cli/src/parse/globals.js')} */
const { globalSpecs } = await load('cli/dist/parse/globals.js');
/** @type {typeof import('../packages/terminal/src/parse/specs.js')} */
const { confirmationSpecs, outputSpecs } = await load('terminal/dist/parse/specs.js');

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
    ...table('Option', optionRows({ ...definition.options, ...confirmationSpecs(definition) })),
    ...table('Output', optionRows(outputSpecs(definition))),
    ...(fields === '' ? [] : [`Fields: ${fields}.`, '']),
    '```sh',
    ...examples,
    '```',
    '',
    ...table('Exit status', exitRows(definition)),
    ...(names.length === 0 ? [] : [`Also: ${names.join(', ')}.`, '']),
  ];
}

/** @param {string} name */
async function group(name) {
  const members = commands.filter((entry) => entry.group === name);
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
  ...(await Promise.all(commandGroups.map(group))).flat(),
  '## Options for every command',
  '',
  ...table('Option', optionRows(globalSpecs)),
  '## Exit status',
  '',
  ...table('Status', Object.entries(exitMeanings)),
];
const text = `${lines.join('\n').trimEnd()}\n`;

if (process.argv.includes('--check')) {
  let written = '';
  try {
    written = readText(root, page);
  } catch {
    // A page that is missing says nothing either.
  }
  const finding = `${page}: differs from the commands; run 'npm run build' and 'node scripts/reference.mjs'`;
  report('Reference', written === text ? [] : [finding]);
} else {
  mkdirSync(dirname(join(root, page)), { recursive: true });
  writeFileSync(join(root, page), text);
}
