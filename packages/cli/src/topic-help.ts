import { type HelpLayout, section, termList } from '@skaha/terminal/help/layout.js';
import { wrap } from '@skaha/terminal/output/text.js';
import { environmentVariables } from 'skaha/config';
import { exitMeanings } from './exit.js';
import { program } from './program.js';

type Part = string | { title: string; rows: readonly (readonly [string, string])[] };

const listFacts: readonly (readonly [string, string])[] = [
  ['--filter FIELD=PATTERN', 'only what matches; if repeated, all must match'],
  ['--sort-by FIELD', 'sort by a field; -FIELD for descending order'],
  ['--limit N', 'only the first N'],
  ['--fields A,B', 'only these fields'],
  ['--no-headers', 'no header line'],
];

const parts: Readonly<Record<string, () => readonly Part[]>> = {
  config: () => [
    'Settings are kept in $SKAHA_CONFIG, otherwise in $XDG_CONFIG_HOME/skaha/config.yaml, otherwise in ~/.config/skaha/config.yaml. Only you can read the file. Comments and unknown keys stay as they are.',
    'A context is a named pair of a server and the credential used with it. One of them is active; --context selects another for one call.',
    'Options take precedence over variables, and variables over the file. Their values are never written to the file.',
    {
      title: 'Sections',
      rows: [
        ['active', 'name of the context in use'],
        ['contexts', 'pairs of server and credential'],
        ['servers', 'addresses, versions and authorities'],
        ['credentials', 'one for each login: a file, or a login that is refreshed'],
        ['registries', 'user names and secrets for private images'],
        ['providers', 'identity providers that you add'],
        ['console', 'banner, color and width'],
        ['aliases', 'your names for command lines'],
        ['secrets', 'storage: file or keyring'],
      ],
    },
    {
      title: 'Commands',
      rows: [
        ['skaha config show', 'show all settings, with secrets hidden'],
        ['skaha config get KEY', 'show one setting'],
        ['skaha config set KEY VALUE', 'change one setting'],
        ['skaha config edit', 'edit it in your editor'],
        ['skaha config path', 'show where the file is'],
        ['skaha config import', 'import the settings of the Python clients'],
        ['skaha context ls', 'list contexts'],
      ],
    },
  ],
  environment: () => [
    'Variables take precedence over the configuration file, and options over variables. An empty variable counts as unset. If a second name is listed, it is read if the first is not set.',
    {
      title: 'Variables',
      rows: environmentVariables.map(({ name, alternative, description }) => [
        name,
        alternative === undefined ? description : `${description} Also ${alternative}.`,
      ]),
    },
    {
      title: 'Common variables',
      rows: [
        ['NO_COLOR', 'Set to anything for no colours.'],
        ['FORCE_COLOR', 'Set to 1 for colours even if the output is not a terminal.'],
        ['PAGER', 'Program that shows long output if SKAHA_PAGER is not set.'],
        ['BROWSER', 'Program that opens pages.'],
        ['EDITOR', "Program for 'skaha config edit'."],
        ['XDG_CONFIG_HOME', 'Where the configuration is, instead of ~/.config.'],
        [
          'XDG_CACHE_HOME',
          'Where cached completions and compiled code are kept, instead of ~/.cache.',
        ],
      ],
    },
  ],
  'exit-codes': () => [
    'The exit status tells programs how a command went. The help of each command lists the ones it uses.',
    {
      title: 'Exit status',
      rows: Object.entries(exitMeanings).map(([status, meaning]) => [status, meaning]),
    },
    "Errors go to standard error. With -o json or -o yaml each is one document with 'code' and 'message'; codes stay the same from release to release.",
  ],
  formatting: () => [
    'Data goes to standard output, messages go to standard error. The default is tables for people; -o selects formats for programs.',
    {
      title: 'Formats',
      rows: [
        ['-o table', 'columns, fitted to the terminal, and never truncated in a pipe'],
        ['-o wide', 'more columns'],
        ['-o json, -o yaml', 'every field'],
        ['-o jsonl', 'one line of JSON for each item'],
        ['-o name, -q', 'only ids, one per line'],
        ['-o csv, -o tsv', 'for spreadsheets'],
        ['-o columns=A,B', 'a table of these fields'],
        ['-o template=TEXT', 'a line for each item, from a template'],
      ],
    },
    { title: 'Lists', rows: listFacts },
    'By default, colours appear only on terminals. --color always or never takes precedence, then NO_COLOR, FORCE_COLOR and console.color.',
  ],
  batches: () => [
    "'skaha create' launches many sessions with --replicas, --array or --params. A journal on this machine records each request before and after it is sent, so that nothing is lost or launched twice, whatever happens to the command, the network or the platform.",
    {
      title: 'In each session',
      rows: [
        ['REPLICA_ID', 'its number, from 1'],
        ['REPLICA_COUNT', 'how many there are'],
        ['ARRAY_INDEX', 'its value, with --array'],
      ],
    },
    {
      title: 'Commands',
      rows: [
        ['skaha jobs ls', 'list batches'],
        ['skaha jobs show BATCH', 'show what became of each session'],
        ['skaha jobs wait BATCH', 'wait until they have ended'],
        ['skaha jobs logs BATCH', 'print what they wrote'],
        ['skaha jobs resume BATCH', 'launch what is missing'],
        ['skaha jobs cancel BATCH', 'delete its sessions'],
        ['skaha jobs rm BATCH', 'remove its journal'],
      ],
    },
  ],
};

/**
 * The help of a topic.
 *
 * @returns text that ends in a line end
 */
export function topicHelp(name: string, layout: HelpLayout): string {
  const summary = program.topics.find((topic) => topic.name === name)?.summary ?? '';
  const lines = (parts[name]?.() ?? []).flatMap((part) =>
    typeof part === 'string'
      ? ['', ...wrap(part, layout.columns)]
      : section(part.title, termList(part.rows, layout), layout),
  );
  return [`${layout.style('bold', name)}: ${summary}`, ...lines, ''].join('\n');
}
