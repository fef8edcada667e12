import { type HelpLayout, section, termList } from '@skaha/terminal/help/layout.js';
import { wrap } from '@skaha/terminal/output/text.js';
import { environmentVariables } from 'skaha/config';
import { exitMeanings } from '../exit.js';
import { helpTopics } from './topics.js';

type Part = string | { title: string; rows: readonly (readonly [string, string])[] };

const listFacts: readonly (readonly [string, string])[] = [
  ['--filter FIELD=PATTERN', 'only what fits; may be repeated, and then all must fit'],
  ['--sort-by FIELD', 'sort by a field; -FIELD for descending order'],
  ['--limit N', 'only the first N'],
  ['--fields A,B', 'only these fields'],
  ['--no-headers', 'no line of headings'],
];

const parts: Readonly<Record<string, () => readonly Part[]>> = {
  config: () => [
    'Settings are kept in $SKAHA_CONFIG, else in $XDG_CONFIG_HOME/skaha/config.yaml, else in ~/.config/skaha/config.yaml. Only you can read the file. Comments and keys that skaha does not know stay as they are.',
    'A context is a named pair of a server and the credential used with it. One of them is active; --context names another for one call.',
    'Options come before variables, and variables before the file. What they say is never written to the file.',
    {
      title: 'Sections',
      rows: [
        ['active', 'name of the context in use'],
        ['contexts', 'pairs of server and credential'],
        ['servers', 'addresses, versions and authorities'],
        ['credentials', 'one for each login; a file, or a login that is refreshed'],
        ['registries', 'user names and secrets for private images'],
        ['providers', 'identity providers of your own'],
        ['console', 'banner, color and width'],
        ['aliases', 'your names for command lines'],
        ['secrets', 'storage: file or keyring'],
      ],
    },
    {
      title: 'Commands',
      rows: [
        ['skaha config show', 'show all of it, secrets hidden'],
        ['skaha config get KEY', 'show one setting'],
        ['skaha config set KEY VALUE', 'change one'],
        ['skaha config edit', 'change it in your editor'],
        ['skaha config path', 'show where the file is'],
        ['skaha config import', 'take over the settings of the Python clients'],
        ['skaha context ls', 'list contexts'],
      ],
    },
  ],
  environment: () => [
    'A variable overrides the configuration file and is overridden by an option. An empty one counts as not set. Where a second name is given, it is read when the first is not set.',
    {
      title: 'Variables',
      rows: environmentVariables.map(({ name, alternative, description }) => [
        name,
        alternative === undefined ? description : `${description} Also ${alternative}.`,
      ]),
    },
    {
      title: 'Of other programs',
      rows: [
        ['NO_COLOR', 'Set to anything for no colours.'],
        ['FORCE_COLOR', 'Set to 1 for colours also where the output is no terminal.'],
        ['PAGER', 'Program that shows long output, when SKAHA_PAGER is not set.'],
        ['BROWSER', 'Program that opens pages.'],
        ['EDITOR', "Program for 'skaha config edit'."],
        ['XDG_CONFIG_HOME', 'Where the configuration is, instead of ~/.config.'],
        ['XDG_CACHE_HOME', 'Where completions and compiled code are kept, instead of ~/.cache.'],
      ],
    },
  ],
  'exit-codes': () => [
    'Programs can tell from the exit status how a command went. The help of each command names those that are special to it.',
    {
      title: 'Exit status',
      rows: Object.entries(exitMeanings).map(([status, meaning]) => [status, meaning]),
    },
    "Errors go to standard error. With -o json or -o yaml each is one document with 'code' and 'message'; codes stay the same from release to release.",
  ],
  formatting: () => [
    'Data goes to standard output, words about it to standard error. People get tables; -o gives programs what they need.',
    {
      title: 'Forms',
      rows: [
        ['-o table', 'columns, fitted to the terminal and never cut in a pipe'],
        ['-o wide', 'more columns'],
        ['-o json, -o yaml', 'every field'],
        ['-o jsonl', 'one line of JSON for each item'],
        ['-o name, -q', 'ids only, one a line'],
        ['-o csv, -o tsv', 'for spreadsheets'],
        ['-o columns=A,B', 'a table of these fields'],
        ['-o template=TEXT', 'a line of your own for each item'],
      ],
    },
    { title: 'Lists', rows: listFacts },
    'Colours appear on terminals only. --color always or never decides, then NO_COLOR, FORCE_COLOR and console.color.',
  ],
  batches: () => [
    "'skaha create' launches many sessions with --replicas, --array or --params. What was launched is written to a journal on this machine before and after each request, so that nothing is launched twice and nothing is forgotten, whatever happens to the command, the network or the platform.",
    {
      title: 'In each session',
      rows: [
        ['REPLICA_ID', 'its place, from 1'],
        ['REPLICA_COUNT', 'how many there are'],
        ['ARRAY_INDEX', 'its value, with --array'],
      ],
    },
    {
      title: 'Commands',
      rows: [
        ['skaha jobs ls', 'list batches'],
        ['skaha jobs show JOB', 'show what became of each session'],
        ['skaha jobs wait JOB', 'wait until they have ended'],
        ['skaha jobs logs JOB', 'print what they wrote'],
        ['skaha jobs resume JOB', 'launch what is missing'],
        ['skaha jobs cancel JOB', 'delete its sessions'],
        ['skaha jobs rm JOB', 'forget it'],
      ],
    },
  ],
};

/**
 * The help of a topic.
 *
 * @param name - of {@link helpTopics}
 * @returns text that ends in a line end
 */
export function topicHelp(name: string, layout: HelpLayout): string {
  const summary = helpTopics.find((topic) => topic.name === name)?.summary ?? '';
  const lines = (parts[name]?.() ?? []).flatMap((part) =>
    typeof part === 'string'
      ? ['', ...wrap(part, layout.columns)]
      : section(part.title, termList(part.rows, layout), layout),
  );
  return [`${layout.style('bold', name)}: ${summary}`, ...lines, ''].join('\n');
}
