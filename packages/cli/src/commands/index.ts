import type { Command, CommandDefinition, CommandEntry, Run } from '../command.js';

// A command such as `image ls` is declared as `imageLsCommand` in the `definitions.ts` of its noun,
// and run by `runImageLs` in the module that its line names. All of it is loaded on demand.

/** What the exports for a command are called after: `appLs` for `app|apps ls|list, programs`. */
type Key<Names extends string> = Names extends `${infer First}, ${string}`
  ? Key<First>
  : Names extends `${infer Word} ${infer Rest}`
    ? `${Key<Word>}${Capitalize<Key<Rest>>}`
    : Names extends `${infer Word}|${string}`
      ? Word
      : Names;

/** Loads a module that runs a command as it is declared. */
type LoadRun<Declarations, Name extends string> =
  Declarations extends Readonly<Record<`${Name}Command`, infer Declared>>
    ? () => Promise<Readonly<Record<`run${Capitalize<Name>}`, Run<Declared>>>>
    : never;

type KeysOf<Values, Value> = {
  [Name in keyof Values]: Values[Name] extends Value ? Name : never;
}[keyof Values];

type Exports = Readonly<Record<string, unknown>>;

/** All names in a text such as `app|apps ls|list, programs`: words may have alternatives. */
const spellings = (names: string): string[] =>
  names.split(', ').flatMap((name) =>
    name
      .split(' ')
      .map((word) => word.split('|'))
      .reduce((before, words) =>
        before.flatMap((start) => words.map((word) => `${start} ${word}`)),
      ),
  );

/**
 * The commands about one thing: their heading in the root help, and what loads their declarations
 * and the modules that run them. The function that it returns makes a line of the table: all names,
 * the canonical one first; the line of the root help; the module; and the names to be given up.
 */
const noun =
  <Declarations extends Exports, Modules extends Readonly<Record<string, () => Promise<Exports>>>>(
    group: CommandEntry['group'],
    declarations: () => Promise<Declarations>,
    modules: Modules,
  ) =>
  <Names extends string>(
    names: Names,
    summary: string,
    module: KeysOf<Modules, LoadRun<Declarations, Key<Names>>> & string,
    deprecated: readonly string[] = [],
  ): CommandEntry => {
    const [name = '', ...aliases] = spellings(names);
    const key = name.replace(/ ./g, (start) => start.slice(1).toUpperCase());
    const runName = `run${key.charAt(0).toUpperCase()}${key.slice(1)}`;
    return {
      name,
      group,
      summary,
      aliases,
      deprecated,
      // The types of the parameters say that there are exports of these names, and what they are.
      load: async () => (await declarations())[`${key}Command`] as CommandDefinition,
      run: async () => (await modules[module]?.())?.[runName] as Run<Command<never>>,
    };
  };

const create = noun('Sessions', () => import('./create/definitions.js'), {
  run: () => import('./create/run.js'),
  history: () => import('./create/history.js'),
});
const session = noun('Sessions', () => import('./session/definitions.js'), {
  list: () => import('./session/list.js'),
  top: () => import('./session/top.js'),
  info: () => import('./session/info.js'),
  events: () => import('./session/events.js'),
  logs: () => import('./session/logs.js'),
  open: () => import('./session/open.js'),
  wait: () => import('./session/wait.js'),
  change: () => import('./session/change.js'),
  exec: () => import('./session/exec.js'),
});
const dashboard = noun('Sessions', () => import('./dashboard/definitions.js'), {
  run: () => import('./dashboard/run.js'),
});
const app = noun('Sessions', () => import('./app/definitions.js'), {
  run: () => import('./app/run.js'),
});
const jobs = noun('Sessions', () => import('./jobs/definitions.js'), {
  run: () => import('./jobs/run.js'),
  logs: () => import('./jobs/logs.js'),
});
const cluster = noun('Sessions', () => import('./cluster/definitions.js'), {
  run: () => import('./cluster/run.js'),
});
const data = noun('Data', () => import('./data/definitions.js'), {
  list: () => import('./data/list.js'),
  read: () => import('./data/read.js'),
  copy: () => import('./data/copy.js'),
  change: () => import('./data/change.js'),
});
const image = noun('Images', () => import('./image/definitions.js'), {
  run: () => import('./image/run.js'),
});
const server = noun('Server', () => import('./server/definitions.js'), {
  run: () => import('./server/run.js'),
  offer: () => import('./server/offer.js'),
});
const auth = noun('Login', () => import('./auth/definitions.js'), {
  login: () => import('./auth/login.js'),
  run: () => import('./auth/run.js'),
});
const registry = noun('Login', () => import('./registry/definitions.js'), {
  run: () => import('./registry/run.js'),
});
const context = noun('Contexts and configuration', () => import('./context/definitions.js'), {
  run: () => import('./context/run.js'),
});
const config = noun('Contexts and configuration', () => import('./config/definitions.js'), {
  run: () => import('./config/run.js'),
});
const platform = noun('Local platform', () => import('./platform/definitions.js'), {
  start: () => import('./platform/start.js'),
  run: () => import('./platform/run.js'),
  logs: () => import('./platform/logs.js'),
});
const alias = noun('Client', () => import('./alias/definitions.js'), {
  run: () => import('./alias/run.js'),
});
const doctor = noun('Client', () => import('./doctor/definitions.js'), {
  run: () => import('./doctor/run.js'),
});
const api = noun('Client', () => import('./api/definitions.js'), {
  run: () => import('./api/run.js'),
});
const mcp = noun('Client', () => import('./mcp/definitions.js'), {
  run: () => import('./mcp/run.js'),
});
const about = noun('Client', () => import('./about/definitions.js'), {
  run: () => import('./about/run.js'),
});

/** The table of contents of the command line: every command, in the order of the root help. */
export const commands: readonly CommandEntry[] = [
  create('create|run|launch', 'Launch a session, or replicas of one', 'run'),
  session('ps|list|ls|get', 'List your sessions', 'list'),
  session('top', 'Show the resources that running sessions use', 'top'),
  dashboard('dashboard', 'Open the dashboard in a browser', 'run'),
  session('info', 'Show sessions in detail', 'info'),
  session('events', 'Show what the platform did for sessions', 'events'),
  session('logs', 'Print or follow what sessions wrote', 'logs'),
  session('exec', 'Run a command in a running session', 'exec'),
  session('shell|ssh', 'Open a shell in a running session', 'exec'),
  session('open', 'Open sessions in the browser', 'open'),
  session('wait', 'Wait until sessions run or finish', 'wait'),
  session('renew', 'Give sessions their full lifetime again', 'change'),
  session('delete|del|rm', 'Delete sessions', 'change'),
  session('prune', 'Delete finished sessions by name', 'change'),
  create('history', 'List what was launched from here', 'history'),
  create('relaunch', 'Repeat an earlier launch', 'history'),
  app('app|apps ls|list', 'List the programs on a desktop', 'run'),
  app('app|apps create|start', 'Start a program on a desktop', 'run'),
  app('app|apps delete|rm', 'End programs on a desktop', 'run'),
  jobs('jobs|job ls|list', 'List the batches launched from here', 'run'),
  jobs('jobs|job show|info', 'Show what became of each session in a batch', 'run'),
  jobs('jobs|job logs', 'Print or follow the logs of a batch', 'logs'),
  jobs('jobs|job wait', 'Wait for the sessions of a batch', 'run'),
  jobs('jobs|job resume', 'Launch what is missing from a batch', 'run'),
  jobs('jobs|job cancel|stop', 'Delete the unfinished sessions of a batch', 'run'),
  jobs('jobs|job rm|delete', 'Forget batches; their sessions stay', 'run'),
  cluster('cluster|clusters create', 'Create a Dask or Ray cluster from sessions', 'run'),
  cluster('cluster ls, cluster list, clusters ls', 'List the clusters created from here', 'run'),
  cluster('cluster scale', 'Change the number of workers in a cluster', 'run'),
  cluster('cluster connect', 'Show how to reach a cluster, or run a program on it', 'run'),
  cluster(
    'cluster delete, cluster rm, clusters delete',
    'End clusters and delete their sessions',
    'run',
  ),
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
  image('image ls|list, images', 'List the container images of the platform', 'run'),
  server('server ls|list', 'List the servers that can be used', 'run'),
  server('server use', 'Use another server', 'run'),
  server('server show', 'Show details of a server', 'run'),
  server('server add', 'Add a server by its address', 'run'),
  server('server rm|remove', 'Remove a server', 'run'),
  server('stats', 'Show how much of the platform is in use', 'offer'),
  server('limits', 'Show how much a session may request', 'offer'),
  server('repository', 'List the image registries the platform allows', 'offer'),
  auth('login, auth login', 'Log in with an identity provider', 'login', ['auth login']),
  auth('logout, auth logout', 'Log out: remove a login and revoke its tokens', 'run'),
  auth('whoami', 'Ask the server who you are', 'run'),
  auth('auth show, auth, auth status', 'Show the login in use and whether it is valid', 'run'),
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
  platform('platform start', 'Start a Science Platform on this machine', 'start'),
  platform('platform stop', 'Stop the local platform', 'run'),
  platform('platform status', 'Show whether the platform runs, and where', 'run'),
  platform('platform logs|log', 'Show the log of the local platform', 'logs'),
  platform('platform config', 'Show the configuration of the local platform', 'run'),
  platform('platform fault|faults', 'Make the local platform misbehave on request', 'run'),
  platform('platform reset', 'Remove all data of the local platform', 'run'),
  alias('alias ls|list', 'List your aliases', 'run'),
  alias('alias set', 'Define an alias for a command line', 'run'),
  alias('alias rm|remove', 'Remove aliases', 'run'),
  doctor('doctor', 'Look for problems', 'run'),
  api('api', 'Send any request to the server', 'run'),
  mcp('mcp', 'Serve an AI assistant over the Model Context Protocol', 'run'),
  about('completion', 'Print a script that completes commands in a shell', 'run'),
  about('version', 'Show the version, and details for a bug report', 'run'),
];
