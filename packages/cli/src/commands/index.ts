import type { CommandDefinition, CommandEntry } from '../command.js';

/** The commands under one heading of the root help. */
const under = (
  group: CommandEntry['group'],
  entries: readonly Omit<CommandEntry, 'group'>[],
): CommandEntry[] => entries.map((entry) => ({ ...entry, group }));

type Load = CommandEntry['load'];

/** The names of the commands that a module exports. */
type CommandsOf<Module> = {
  [Name in keyof Module]: Module[Name] extends CommandDefinition ? Name : never;
}[keyof Module];

/** Loads one command of a module of definitions; nothing of the module is loaded before. */
const from =
  <Module extends object>(load: () => Promise<Module>) =>
  (name: CommandsOf<Module>): Load =>
  async () =>
    (await load())[name] as CommandDefinition;

const create = from(() => import('./create/definitions.js'));
const session = from(() => import('./session/definitions.js'));
const exec = from(() => import('./exec/definitions.js'));
const dashboard = from(() => import('./dashboard/definitions.js'));
const app = from(() => import('./app/definitions.js'));
const jobs = from(() => import('./jobs/definitions.js'));
const cluster = from(() => import('./cluster/definitions.js'));
const image = from(() => import('./image/definitions.js'));
const server = from(() => import('./server/definitions.js'));
const login = from(() => import('./login/definitions.js'));
const auth = from(() => import('./auth/definitions.js'));
const registry = from(() => import('./registry/definitions.js'));
const context = from(() => import('./context/definitions.js'));
const config = from(() => import('./config/definitions.js'));
const platform = from(() => import('./platform/definitions.js'));
const alias = from(() => import('./alias/definitions.js'));
const client = from(() => import('./client/definitions.js'));
const mcp = from(() => import('./mcp/definitions.js'));
const reading = from(() => import('./data/reading.js'));
const writing = from(() => import('./data/writing.js'));

const command = (
  name: string,
  summary: string,
  load: Load,
  aliases: readonly string[] = [],
  deprecated: readonly string[] = [],
): Omit<CommandEntry, 'group'> => ({ name, summary, load, aliases, deprecated });

/** `jobs ls` is also `job ls`, and both have the longer `list`. */
const batch = ([verb, ...others]: readonly [string, ...string[]], summary: string, load: Load) =>
  command(`jobs ${verb}`, summary, load, [
    ...others.map((other) => `jobs ${other}`),
    ...[verb, ...others].map((other) => `job ${other}`),
  ]);

/** A command about files in storage services, by its verb and its other verbs. */
const data = ([verb, ...others]: readonly [string, ...string[]], summary: string, load: Load) =>
  command(
    `data ${verb}`,
    summary,
    load,
    others.map((other) => `data ${other}`),
  );

/** The table of contents of the command line: every command, in the order of the root help. */
export const commands: readonly CommandEntry[] = [
  ...under('Sessions', [
    command('create', 'Launch a session, or replicas of one', create('createCommand'), [
      'run',
      'launch',
    ]),
    command('ps', 'List your sessions', session('psCommand'), ['list', 'ls', 'get']),
    command('top', 'Show what running sessions use', session('topCommand')),
    command('dashboard', 'See everything in a browser', dashboard('dashboardCommand')),
    command('info', 'Show sessions in detail', session('infoCommand')),
    command('events', 'Show what the platform did for sessions', session('eventsCommand')),
    command('logs', 'Print or follow what sessions wrote', session('logsCommand')),
    command('exec', 'Run a command in a running session', exec('execCommand')),
    command('shell', 'Open a shell in a running session', exec('shellCommand'), ['ssh']),
    command('open', 'Open sessions in the browser', session('openCommand')),
    command('wait', 'Wait until sessions run or finish', session('waitCommand')),
    command('renew', 'Give sessions their full lifetime again', session('renewCommand')),
    command('delete', 'Delete sessions', session('deleteCommand'), ['del', 'rm']),
    command('prune', 'Delete finished sessions by name', session('pruneCommand')),
    command('history', 'List what was launched from here', create('historyCommand')),
    command('relaunch', 'Launch again what was launched before', create('relaunchCommand')),
    command('app ls', 'List the programs on a desktop', app('appLsCommand'), [
      'app list',
      'apps ls',
      'apps list',
    ]),
    command('app create', 'Start a program on a desktop', app('appCreateCommand'), [
      'app start',
      'apps create',
      'apps start',
    ]),
    command('app delete', 'End programs on a desktop', app('appDeleteCommand'), [
      'app rm',
      'apps delete',
      'apps rm',
    ]),
    batch(['ls', 'list'], 'List the batches launched from here', jobs('jobsLsCommand')),
    batch(['show', 'info'], 'Show what became of each session in a batch', jobs('jobsShowCommand')),
    batch(['logs'], 'Print or follow the logs of a batch', jobs('jobsLogsCommand')),
    batch(['wait'], 'Wait for the sessions of a batch', jobs('jobsWaitCommand')),
    batch(['resume'], 'Launch what is missing from a batch', jobs('jobsResumeCommand')),
    batch(
      ['cancel', 'stop'],
      'Delete the unfinished sessions of a batch',
      jobs('jobsCancelCommand'),
    ),
    batch(['rm', 'delete'], 'Forget batches; their sessions stay', jobs('jobsRmCommand')),
    command(
      'cluster create',
      'Create a Dask or Ray cluster from sessions',
      cluster('clusterCreateCommand'),
      ['clusters create'],
    ),
    command('cluster ls', 'List the clusters created from here', cluster('clusterLsCommand'), [
      'cluster list',
      'clusters ls',
    ]),
    command(
      'cluster scale',
      'Change the number of workers in a cluster',
      cluster('clusterScaleCommand'),
    ),
    command(
      'cluster connect',
      'Show how programs reach a cluster, or run one',
      cluster('clusterConnectCommand'),
    ),
    command(
      'cluster delete',
      'End clusters and delete their sessions',
      cluster('clusterDeleteCommand'),
      ['cluster rm', 'clusters delete'],
    ),
  ]),
  ...under('Data', [
    data(['ls', 'list'], 'List folders of a storage service', reading('lsCommand')),
    data(['tree'], 'Show a folder as a tree', reading('treeCommand')),
    data(['find'], 'Find files below a folder', reading('findCommand')),
    data(['info', 'stat'], 'Show details of a file or folder', reading('infoCommand')),
    data(['du'], 'Count files and bytes below a folder', reading('duCommand')),
    data(['quota'], 'Show quotas and how much is used', reading('quotaCommand')),
    data(['cat'], 'Print files', reading('catCommand')),
    data(['head'], 'Print the beginning of files', reading('headCommand')),
    data(['tail'], 'Print the end of files', reading('tailCommand')),
    data(['cp', 'copy'], 'Copy files to, from and between storage services', writing('cpCommand')),
    data(['sync'], 'Make one folder match another', writing('syncCommand')),
    data(['verify'], 'Compare two folders or files', writing('verifyCommand')),
    data(['mv', 'move'], 'Move or rename files and folders', writing('mvCommand')),
    data(['mkdir'], 'Create folders', writing('mkdirCommand')),
    data(['rmdir'], 'Remove empty folders', writing('rmdirCommand')),
    data(['rm', 'remove'], 'Remove files and folders', writing('rmCommand')),
    data(['ln'], 'Create a link', writing('lnCommand')),
    data(['chmod'], 'Change who may read and write', writing('chmodCommand')),
  ]),
  ...under('Images', [
    command('image ls', 'List the container images of the platform', image('imageLsCommand'), [
      'image list',
      'images',
    ]),
  ]),
  ...under('Server', [
    command('server ls', 'List the servers that can be used', server('serverLsCommand'), [
      'server list',
    ]),
    command('server use', 'Use another server', server('serverUseCommand')),
    command('server show', 'Show details of a server', server('serverShowCommand')),
    command('server add', 'Add a server by its address', server('serverAddCommand')),
    command('server rm', 'Remove a server', server('serverRmCommand'), ['server remove']),
    command('stats', 'Show how much of the platform is in use', server('statsCommand')),
    command('limits', 'Show what sessions may ask for', server('limitsCommand')),
    command(
      'repository',
      'List the image registries the platform allows',
      server('repositoryCommand'),
    ),
  ]),
  ...under('Login', [
    command(
      'login',
      'Log in with an identity provider',
      login('loginCommand'),
      ['auth login'],
      ['auth login'],
    ),
    command('logout', 'Log out: remove a login and revoke its tokens', login('logoutCommand'), [
      'auth logout',
    ]),
    command('whoami', 'Ask the server who you are', login('whoamiCommand')),
    command('auth show', 'Show the login in use and whether it is valid', auth('authShowCommand'), [
      'auth',
      'auth status',
    ]),
    command('auth ls', 'List the saved logins', auth('authLsCommand'), ['auth list']),
    command('auth use', 'Use another saved login', auth('authUseCommand'), ['auth switch']),
    command('auth token', 'Print a valid bearer token', auth('authTokenCommand')),
    command('auth rm', 'Remove a saved login', auth('authRmCommand'), ['auth remove']),
    command('auth purge', 'Remove all logins, contexts and servers', auth('authPurgeCommand')),
    command(
      'registry login',
      'Save the user name and secret for a private image registry',
      registry('registryLoginCommand'),
    ),
    command(
      'registry logout',
      'Remove the user name and secret for an image registry',
      registry('registryLogoutCommand'),
      ['registry rm', 'registry remove'],
    ),
    command(
      'registry ls',
      'List the image registries that you are logged in to',
      registry('registryLsCommand'),
      ['registry list'],
    ),
  ]),
  ...under('Contexts and configuration', [
    command(
      'context ls',
      'List the contexts: where you can work, and as whom',
      context('contextLsCommand'),
      ['context list'],
    ),
    command('context use', 'Make a context the active one', context('contextUseCommand')),
    command(
      'context show',
      'Show a context and the state of its credential',
      context('contextShowCommand'),
    ),
    command(
      'context add',
      'Add a context with a token or certificate file',
      context('contextAddCommand'),
    ),
    command('context rm', 'Remove a context', context('contextRmCommand'), [
      'context remove',
      'context delete',
    ]),
    command('config show', 'Show the configuration, secrets hidden', config('configShowCommand'), [
      'config list',
      'config ls',
    ]),
    command('config get', 'Show one setting', config('configGetCommand')),
    command('config set', 'Change settings', config('configSetCommand')),
    command('config path', 'Show where the configuration file is', config('configPathCommand')),
    command('config validate', 'Check the configuration file', config('configValidateCommand')),
    command('config unset', 'Remove settings', config('configUnsetCommand')),
    command('config edit', 'Change the configuration in your editor', config('configEditCommand')),
    command(
      'config import',
      'Import the settings of the Python clients',
      config('configImportCommand'),
    ),
  ]),
  ...under('Local platform', [
    command(
      'platform start',
      'Start a Science Platform on this machine',
      platform('platformStartCommand'),
    ),
    command('platform stop', 'Stop the local platform', platform('platformStopCommand')),
    command(
      'platform status',
      'Show whether it runs, and where',
      platform('platformStatusCommand'),
    ),
    command(
      'platform logs',
      'Show the log of the local platform',
      platform('platformLogsCommand'),
      ['platform log'],
    ),
    command(
      'platform config',
      'Show what can be configured, and where',
      platform('platformConfigCommand'),
    ),
    command(
      'platform fault',
      'Make the local platform misbehave on request',
      platform('platformFaultCommand'),
      ['platform faults'],
    ),
    command(
      'platform reset',
      'Remove all data of the local platform',
      platform('platformResetCommand'),
    ),
  ]),
  ...under('Client', [
    command('alias ls', 'List the commands you have defined', alias('aliasLsCommand'), [
      'alias list',
    ]),
    command('alias set', 'Define a command that stands for a command line', () =>
      import('./alias/definitions.js').then((module) => module.aliasSetCommand(commands)),
    ),
    command('alias rm', 'Remove such a command', alias('aliasRmCommand'), ['alias remove']),
    command('doctor', 'Look for problems', client('doctorCommand')),
    command('api', 'Send any request to the server', client('apiCommand')),
    command('mcp', 'Serve an AI assistant over the Model Context Protocol', mcp('mcpCommand')),
    command(
      'completion',
      'Print a script that completes commands in a shell',
      client('completionCommand'),
    ),
    command('version', 'Show the version, and details for a bug report', client('versionCommand')),
  ]),
];
