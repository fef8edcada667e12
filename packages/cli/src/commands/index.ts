import type { Command, CommandDefinition, CommandEntry, Run } from '../command.js';

// A command such as `image ls` is declared as `imageLsCommand` in the `definitions.ts` of its noun,
// and run by `runImageLs` in the module that its line names. All of it is loaded on demand.

/** What the exports for a command are called after: `appLs` for `app|apps ls|list`. */
type Key<Names extends string> = Names extends `${infer Word} ${infer Rest}`
  ? `${Key<Word>}${Capitalize<Key<Rest>>}`
  : Names extends `${infer Word}|${string}`
    ? Word
    : Names;

/** Loads a module that runs a command as it is declared. */
type LoadRun<Declarations, Name extends string> =
  Declarations extends Readonly<Record<`${Name}Command`, infer Declared>>
    ? () => Promise<Readonly<Record<`run${Capitalize<Name>}`, Run<Declared>>>>
    : never;

type KeysOf<Record, Value> = {
  [Key in keyof Record]: Record[Key] extends Value ? Key : never;
}[keyof Record];

type Exports = Readonly<Record<string, unknown>>;

/** All ways to write a name in which words have alternatives: `app|apps ls|list`, the first in front. */
const spellings = (name: string): string[] =>
  name
    .split(' ')
    .reduce(
      (before, word) => before.flatMap((words) => word.split('|').map((one) => `${words} ${one}`)),
      [''],
    )
    .map((words) => words.trimStart());

/**
 * The commands about one thing: loads their declarations, and the modules that run them. What it
 * gives makes a line of the table: the canonical name, and behind bars what else its words may be;
 * the line of the root help; the module; and names of no such pattern.
 */
const noun =
  <Declarations extends Exports, Modules extends Readonly<Record<string, () => Promise<Exports>>>>(
    declarations: () => Promise<Declarations>,
    modules: Modules,
  ) =>
  <Names extends string>(
    names: Names,
    summary: string,
    module: KeysOf<Modules, LoadRun<Declarations, Key<Names>>> & string,
    { others = [], deprecated = [] }: Partial<Record<'others' | 'deprecated', string[]>> = {},
  ): Omit<CommandEntry, 'group'> => {
    const [name = '', ...aliases] = spellings(names);
    const key = name.replace(/ ./g, (start) => start.slice(1).toUpperCase());
    const runName = `run${key.charAt(0).toUpperCase()}${key.slice(1)}`;
    return {
      name,
      summary,
      aliases: [...aliases, ...others],
      deprecated,
      // The types of the parameters say that there are exports of these names, and what they are.
      load: async () => (await declarations())[`${key}Command`] as CommandDefinition,
      run: async () => (await modules[module]?.())?.[runName] as Run<Command<never>>,
    };
  };

/** The commands under one heading of the root help. */
const under = (
  group: CommandEntry['group'],
  entries: readonly Omit<CommandEntry, 'group'>[],
): CommandEntry[] => entries.map((entry) => ({ ...entry, group }));

const create = noun(() => import('./create/definitions.js'), {
  run: () => import('./create/run.js'),
  history: () => import('./create/history.js'),
  relaunch: () => import('./create/relaunch.js'),
});
const session = noun(() => import('./session/definitions.js'), {
  list: () => import('./session/list.js'),
  top: () => import('./session/top.js'),
  info: () => import('./session/info.js'),
  events: () => import('./session/events.js'),
  logs: () => import('./session/logs.js'),
  open: () => import('./session/open.js'),
  wait: () => import('./session/wait.js'),
  renew: () => import('./session/renew.js'),
  delete: () => import('./session/delete.js'),
  prune: () => import('./session/prune.js'),
});
const dashboard = noun(() => import('./dashboard/definitions.js'), {
  run: () => import('./dashboard/run.js'),
});
const exec = noun(() => import('./exec/definitions.js'), { run: () => import('./exec/run.js') });
const app = noun(() => import('./app/definitions.js'), { run: () => import('./app/run.js') });
const jobs = noun(() => import('./jobs/definitions.js'), {
  run: () => import('./jobs/run.js'),
  logs: () => import('./jobs/logs.js'),
  wait: () => import('./jobs/wait.js'),
});
const cluster = noun(() => import('./cluster/definitions.js'), {
  run: () => import('./cluster/run.js'),
});
const data = noun(() => import('./data/definitions.js'), {
  list: () => import('./data/list.js'),
  read: () => import('./data/read.js'),
  copy: () => import('./data/copy.js'),
  change: () => import('./data/change.js'),
});
const image = noun(() => import('./image/definitions.js'), { run: () => import('./image/run.js') });
const server = noun(() => import('./server/definitions.js'), {
  run: () => import('./server/run.js'),
  offer: () => import('./server/offer.js'),
});
const login = noun(() => import('./login/definitions.js'), {
  run: () => import('./login/run.js'),
  account: () => import('./login/account.js'),
});
const auth = noun(() => import('./auth/definitions.js'), { run: () => import('./auth/run.js') });
const registry = noun(() => import('./registry/definitions.js'), {
  run: () => import('./registry/run.js'),
});
const context = noun(() => import('./context/definitions.js'), {
  run: () => import('./context/run.js'),
});
const config = noun(() => import('./config/definitions.js'), {
  run: () => import('./config/run.js'),
});
const platform = noun(() => import('./platform/definitions.js'), {
  start: () => import('./platform/start.js'),
  run: () => import('./platform/run.js'),
  logs: () => import('./platform/logs.js'),
});
const alias = noun(() => import('./alias/definitions.js'), { run: () => import('./alias/run.js') });
const doctor = noun(() => import('./doctor/definitions.js'), {
  run: () => import('./doctor/run.js'),
});
const api = noun(() => import('./api/definitions.js'), { run: () => import('./api/run.js') });
const mcp = noun(() => import('./mcp/definitions.js'), { run: () => import('./mcp/run.js') });
const about = noun(() => import('./about/definitions.js'), { run: () => import('./about/run.js') });

/** The table of contents of the command line: every command, in the order of the root help. */
export const commands: readonly CommandEntry[] = [
  ...under('Sessions', [
    create('create|run|launch', 'Launch a session, or replicas of one', 'run'),
    session('ps|list|ls|get', 'List your sessions', 'list'),
    session('top', 'Show the resources that running sessions use', 'top'),
    dashboard('dashboard', 'Open the dashboard in a browser', 'run'),
    session('info', 'Show sessions in detail', 'info'),
    session('events', 'Show what the platform did for sessions', 'events'),
    session('logs', 'Print or follow what sessions wrote', 'logs'),
    exec('exec', 'Run a command in a running session', 'run'),
    exec('shell|ssh', 'Open a shell in a running session', 'run'),
    session('open', 'Open sessions in the browser', 'open'),
    session('wait', 'Wait until sessions run or finish', 'wait'),
    session('renew', 'Give sessions their full lifetime again', 'renew'),
    session('delete|del|rm', 'Delete sessions', 'delete'),
    session('prune', 'Delete finished sessions by name', 'prune'),
    create('history', 'List what was launched from here', 'history'),
    create('relaunch', 'Repeat an earlier launch', 'relaunch'),
    app('app|apps ls|list', 'List the programs on a desktop', 'run'),
    app('app|apps create|start', 'Start a program on a desktop', 'run'),
    app('app|apps delete|rm', 'End programs on a desktop', 'run'),
    jobs('jobs|job ls|list', 'List the batches launched from here', 'run'),
    jobs('jobs|job show|info', 'Show what became of each session in a batch', 'run'),
    jobs('jobs|job logs', 'Print or follow the logs of a batch', 'logs'),
    jobs('jobs|job wait', 'Wait for the sessions of a batch', 'wait'),
    jobs('jobs|job resume', 'Launch what is missing from a batch', 'run'),
    jobs('jobs|job cancel|stop', 'Delete the unfinished sessions of a batch', 'run'),
    jobs('jobs|job rm|delete', 'Forget batches; their sessions stay', 'run'),
    cluster('cluster|clusters create', 'Create a Dask or Ray cluster from sessions', 'run'),
    cluster('cluster ls', 'List the clusters created from here', 'run', {
      others: ['cluster list', 'clusters ls'],
    }),
    cluster('cluster scale', 'Change the number of workers in a cluster', 'run'),
    cluster('cluster connect', 'Show how to reach a cluster, or run a program on it', 'run'),
    cluster('cluster delete', 'End clusters and delete their sessions', 'run', {
      others: ['cluster rm', 'clusters delete'],
    }),
  ]),
  ...under('Data', [
    data('data ls|list', 'List folders of a storage service', 'list'),
    data('data tree', 'Show a folder as a tree', 'list'),
    data('data find', 'Find files below a folder', 'list'),
    data('data info|stat', 'Show details of a file or folder', 'list'),
    data('data du', 'Count files and bytes below a folder', 'list'),
    data('data quota', 'Show quotas and how much is used', 'list'),
    data('data cat', 'Print files', 'read'),
    data('data head', 'Print the beginning of files', 'read'),
    data('data tail', 'Print the end of files', 'read'),
    data('data cp|copy', 'Copy files to, from and between storage services', 'copy'),
    data('data sync', 'Make one folder match another', 'copy'),
    data('data verify', 'Compare two folders or files', 'copy'),
    data('data mv|move', 'Move or rename files and folders', 'change'),
    data('data mkdir', 'Create folders', 'change'),
    data('data rmdir', 'Remove empty folders', 'change'),
    data('data rm|remove', 'Remove files and folders', 'change'),
    data('data ln', 'Create a link', 'change'),
    data('data chmod', 'Change who may read and write', 'change'),
  ]),
  ...under('Images', [
    image('image ls|list', 'List the container images of the platform', 'run', {
      others: ['images'],
    }),
  ]),
  ...under('Server', [
    server('server ls|list', 'List the servers that can be used', 'run'),
    server('server use', 'Use another server', 'run'),
    server('server show', 'Show details of a server', 'run'),
    server('server add', 'Add a server by its address', 'run'),
    server('server rm|remove', 'Remove a server', 'run'),
    server('stats', 'Show how much of the platform is in use', 'offer'),
    server('limits', 'Show how much a session may request', 'offer'),
    server('repository', 'List the image registries the platform allows', 'offer'),
  ]),
  ...under('Login', [
    login('login', 'Log in with an identity provider', 'run', {
      others: ['auth login'],
      deprecated: ['auth login'],
    }),
    login('logout', 'Log out: remove a login and revoke its tokens', 'account', {
      others: ['auth logout'],
    }),
    login('whoami', 'Ask the server who you are', 'account'),
    auth('auth show', 'Show the login in use and whether it is valid', 'run', {
      others: ['auth', 'auth status'],
    }),
    auth('auth ls|list', 'List the saved logins', 'run'),
    auth('auth use|switch', 'Use another saved login', 'run'),
    auth('auth token', 'Print a valid bearer token', 'run'),
    auth('auth rm|remove', 'Remove a saved login', 'run'),
    auth('auth purge', 'Remove all logins, contexts and servers', 'run'),
    registry('registry login', 'Save the user name and secret for a private image registry', 'run'),
    registry(
      'registry logout|rm|remove',
      'Remove the user name and secret for an image registry',
      'run',
    ),
    registry('registry ls|list', 'List the image registries that you are logged in to', 'run'),
  ]),
  ...under('Contexts and configuration', [
    context('context ls|list', 'List the contexts: servers and the credentials for them', 'run'),
    context('context use', 'Make a context the active one', 'run'),
    context('context show', 'Show a context and the state of its credential', 'run'),
    context('context add', 'Add a context with a token or certificate file', 'run'),
    context('context rm|remove|delete', 'Remove a context', 'run'),
    config('config show|list|ls', 'Show the configuration, secrets hidden', 'run'),
    config('config get', 'Show one setting', 'run'),
    config('config set', 'Change settings', 'run'),
    config('config path', 'Show where the configuration file is', 'run'),
    config('config validate', 'Check the configuration file', 'run'),
    config('config unset', 'Remove settings', 'run'),
    config('config edit', 'Change the configuration in your editor', 'run'),
    config('config import', 'Import the settings of the Python clients', 'run'),
  ]),
  ...under('Local platform', [
    platform('platform start', 'Start a Science Platform on this machine', 'start'),
    platform('platform stop', 'Stop the local platform', 'run'),
    platform('platform status', 'Show whether the platform runs, and where', 'run'),
    platform('platform logs|log', 'Show the log of the local platform', 'logs'),
    platform('platform config', 'Show the configuration of the local platform', 'run'),
    platform('platform fault|faults', 'Make the local platform misbehave on request', 'run'),
    platform('platform reset', 'Remove all data of the local platform', 'run'),
  ]),
  ...under('Client', [
    alias('alias ls|list', 'List your aliases', 'run'),
    alias('alias set', 'Define an alias for a command line', 'run'),
    alias('alias rm|remove', 'Remove aliases', 'run'),
    doctor('doctor', 'Look for problems', 'run'),
    api('api', 'Send any request to the server', 'run'),
    mcp('mcp', 'Serve an AI assistant over the Model Context Protocol', 'run'),
    about('completion', 'Print a script that completes commands in a shell', 'run'),
    about('version', 'Show the version, and details for a bug report', 'run'),
  ]),
];
