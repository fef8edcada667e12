import type { Command, CommandDefinition, CommandEntry, Run } from '../command.js';

/** The commands under one heading of the root help. */
const under = (
  group: CommandEntry['group'],
  entries: readonly Omit<CommandEntry, 'group'>[],
): CommandEntry[] => entries.map((entry) => ({ ...entry, group }));

/** What of a command is loaded on demand. */
type Parts = Pick<CommandEntry, 'load' | 'run'>;

/**
 * The commands that one module declares and another runs: `ps` is declared as `psCommand`, and run
 * by `runPs`.
 */
type NamesIn<Declarations, Work> = {
  [Key in keyof Declarations]: Key extends `${infer Name}Command`
    ? Work extends Record<`run${Capitalize<Name>}`, Run<Declarations[Key]>>
      ? Name
      : never
    : never;
}[keyof Declarations];

/** Finds commands by their names in two modules; neither is loaded before it is needed. */
const from =
  <Declarations extends object>(declarations: () => Promise<Declarations>) =>
  <Work extends object>(work: () => Promise<Work>) =>
  (name: NamesIn<Declarations, Work>): Parts => {
    const run = `run${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    return {
      load: async () => Reflect.get(await declarations(), `${name}Command`) as CommandDefinition,
      run: async () => Reflect.get(await work(), run) as Run<Command<never>>,
    };
  };

const alias = from(() => import('./alias/definitions.js'))(() => import('./alias/run.js'));
const app = from(() => import('./app/definitions.js'))(() => import('./app/run.js'));
const auth = from(() => import('./auth/definitions.js'))(() => import('./auth/run.js'));
const client = from(() => import('./client/definitions.js'));
const doctor = client(() => import('./client/doctor.js'));
const clientWork = client(() => import('./client/run.js'));
const cluster = from(() => import('./cluster/definitions.js'))(() => import('./cluster/run.js'));
const config = from(() => import('./config/definitions.js'))(() => import('./config/run.js'));
const context = from(() => import('./context/definitions.js'))(() => import('./context/run.js'));
const create = from(() => import('./create/definitions.js'));
const createWork = create(() => import('./create/run.js'));
const relaunching = create(() => import('./create/relaunch.js'));
const launchHistory = create(() => import('./create/history.js'));
const dashboard = from(() => import('./dashboard/definitions.js'))(
  () => import('./dashboard/run.js'),
);
const data = from(() => import('./data/definitions.js'));
const dataChange = data(() => import('./data/change.js'));
const dataCopy = data(() => import('./data/copy.js'));
const dataList = data(() => import('./data/list.js'));
const dataRead = data(() => import('./data/read.js'));
const exec = from(() => import('./exec/definitions.js'))(() => import('./exec/run.js'));
const image = from(() => import('./image/definitions.js'))(() => import('./image/run.js'));
const jobs = from(() => import('./jobs/definitions.js'));
const jobsWork = jobs(() => import('./jobs/run.js'));
const jobsLogs = jobs(() => import('./jobs/logs.js'));
const jobsWait = jobs(() => import('./jobs/wait.js'));
const login = from(() => import('./login/definitions.js'));
const loginWork = login(() => import('./login/run.js'));
const account = login(() => import('./login/account.js'));
const mcp = from(() => import('./mcp/definitions.js'))(() => import('./mcp/run.js'));
const platform = from(() => import('./platform/definitions.js'));
const platformStart = platform(() => import('./platform/start.js'));
const platformWork = platform(() => import('./platform/run.js'));
const platformLogs = platform(() => import('./platform/logs.js'));
const registry = from(() => import('./registry/definitions.js'))(() => import('./registry/run.js'));
const server = from(() => import('./server/definitions.js'));
const serverWork = server(() => import('./server/run.js'));
const offer = server(() => import('./server/offer.js'));
const session = from(() => import('./session/definitions.js'));
const sessionList = session(() => import('./session/list.js'));
const sessionTop = session(() => import('./session/top.js'));
const sessionInfo = session(() => import('./session/info.js'));
const sessionEvents = session(() => import('./session/events.js'));
const sessionLogs = session(() => import('./session/logs.js'));
const sessionOpen = session(() => import('./session/open.js'));
const sessionWait = session(() => import('./session/wait.js'));
const sessionDelete = session(() => import('./session/delete.js'));
const sessionPrune = session(() => import('./session/prune.js'));
const sessionRenew = session(() => import('./session/renew.js'));

/** All ways to write a name in which words have alternatives: `app|apps ls|list`, the first in front. */
const spellings = (name: string): string[] =>
  name
    .split(' ')
    .reduce(
      (before, word) => before.flatMap((words) => word.split('|').map((one) => `${words} ${one}`)),
      [''],
    )
    .map((words) => words.trimStart());

/** A line of the table: the canonical name, and behind bars what else its words may be. */
const command = (
  names: string,
  summary: string,
  parts: Parts,
  others: readonly string[] = [],
  deprecated: readonly string[] = [],
): Omit<CommandEntry, 'group'> => {
  const [name = '', ...aliases] = spellings(names);
  return { name, summary, ...parts, aliases: [...aliases, ...others], deprecated };
};

/** The table of contents of the command line: every command, in the order of the root help. */
export const commands: readonly CommandEntry[] = [
  ...under('Sessions', [
    command('create|run|launch', 'Launch a session, or replicas of one', createWork('create')),
    command('ps|list|ls|get', 'List your sessions', sessionList('ps')),
    command('top', 'Show the resources that running sessions use', sessionTop('top')),
    command('dashboard', 'Open the dashboard in a browser', dashboard('dashboard')),
    command('info', 'Show sessions in detail', sessionInfo('info')),
    command('events', 'Show what the platform did for sessions', sessionEvents('events')),
    command('logs', 'Print or follow what sessions wrote', sessionLogs('logs')),
    command('exec', 'Run a command in a running session', exec('exec')),
    command('shell|ssh', 'Open a shell in a running session', exec('shell')),
    command('open', 'Open sessions in the browser', sessionOpen('open')),
    command('wait', 'Wait until sessions run or finish', sessionWait('wait')),
    command('renew', 'Give sessions their full lifetime again', sessionRenew('renew')),
    command('delete|del|rm', 'Delete sessions', sessionDelete('delete')),
    command('prune', 'Delete finished sessions by name', sessionPrune('prune')),
    command('history', 'List what was launched from here', launchHistory('history')),
    command('relaunch', 'Repeat an earlier launch', relaunching('relaunch')),
    command('app|apps ls|list', 'List the programs on a desktop', app('appLs')),
    command('app|apps create|start', 'Start a program on a desktop', app('appCreate')),
    command('app|apps delete|rm', 'End programs on a desktop', app('appDelete')),
    command('jobs|job ls|list', 'List the batches launched from here', jobsWork('jobsLs')),
    command(
      'jobs|job show|info',
      'Show what became of each session in a batch',
      jobsWork('jobsShow'),
    ),
    command('jobs|job logs', 'Print or follow the logs of a batch', jobsLogs('jobsLogs')),
    command('jobs|job wait', 'Wait for the sessions of a batch', jobsWait('jobsWait')),
    command('jobs|job resume', 'Launch what is missing from a batch', jobsWork('jobsResume')),
    command(
      'jobs|job cancel|stop',
      'Delete the unfinished sessions of a batch',
      jobsWork('jobsCancel'),
    ),
    command('jobs|job rm|delete', 'Forget batches; their sessions stay', jobsWork('jobsRm')),
    command(
      'cluster|clusters create',
      'Create a Dask or Ray cluster from sessions',
      cluster('clusterCreate'),
    ),
    command('cluster ls', 'List the clusters created from here', cluster('clusterLs'), [
      'cluster list',
      'clusters ls',
    ]),
    command('cluster scale', 'Change the number of workers in a cluster', cluster('clusterScale')),
    command(
      'cluster connect',
      'Show how to reach a cluster, or run a program on it',
      cluster('clusterConnect'),
    ),
    command('cluster delete', 'End clusters and delete their sessions', cluster('clusterDelete'), [
      'cluster rm',
      'clusters delete',
    ]),
  ]),
  ...under('Data', [
    command('data ls|list', 'List folders of a storage service', dataList('dataLs')),
    command('data tree', 'Show a folder as a tree', dataList('dataTree')),
    command('data find', 'Find files below a folder', dataList('dataFind')),
    command('data info|stat', 'Show details of a file or folder', dataList('dataInfo')),
    command('data du', 'Count files and bytes below a folder', dataList('dataDu')),
    command('data quota', 'Show quotas and how much is used', dataList('dataQuota')),
    command('data cat', 'Print files', dataRead('dataCat')),
    command('data head', 'Print the beginning of files', dataRead('dataHead')),
    command('data tail', 'Print the end of files', dataRead('dataTail')),
    command('data cp|copy', 'Copy files to, from and between storage services', dataCopy('dataCp')),
    command('data sync', 'Make one folder match another', dataCopy('dataSync')),
    command('data verify', 'Compare two folders or files', dataCopy('dataVerify')),
    command('data mv|move', 'Move or rename files and folders', dataChange('dataMv')),
    command('data mkdir', 'Create folders', dataChange('dataMkdir')),
    command('data rmdir', 'Remove empty folders', dataChange('dataRmdir')),
    command('data rm|remove', 'Remove files and folders', dataChange('dataRm')),
    command('data ln', 'Create a link', dataChange('dataLn')),
    command('data chmod', 'Change who may read and write', dataChange('dataChmod')),
  ]),
  ...under('Images', [
    command('image ls|list', 'List the container images of the platform', image('imageLs'), [
      'images',
    ]),
  ]),
  ...under('Server', [
    command('server ls|list', 'List the servers that can be used', serverWork('serverLs')),
    command('server use', 'Use another server', serverWork('serverUse')),
    command('server show', 'Show details of a server', serverWork('serverShow')),
    command('server add', 'Add a server by its address', serverWork('serverAdd')),
    command('server rm|remove', 'Remove a server', serverWork('serverRm')),
    command('stats', 'Show how much of the platform is in use', offer('stats')),
    command('limits', 'Show how much a session may request', offer('limits')),
    command('repository', 'List the image registries the platform allows', offer('repository')),
  ]),
  ...under('Login', [
    command(
      'login',
      'Log in with an identity provider',
      loginWork('login'),
      ['auth login'],
      ['auth login'],
    ),
    command('logout', 'Log out: remove a login and revoke its tokens', account('logout'), [
      'auth logout',
    ]),
    command('whoami', 'Ask the server who you are', account('whoami')),
    command('auth show', 'Show the login in use and whether it is valid', auth('authShow'), [
      'auth',
      'auth status',
    ]),
    command('auth ls|list', 'List the saved logins', auth('authLs')),
    command('auth use|switch', 'Use another saved login', auth('authUse')),
    command('auth token', 'Print a valid bearer token', auth('authToken')),
    command('auth rm|remove', 'Remove a saved login', auth('authRm')),
    command('auth purge', 'Remove all logins, contexts and servers', auth('authPurge')),
    command(
      'registry login',
      'Save the user name and secret for a private image registry',
      registry('registryLogin'),
    ),
    command(
      'registry logout|rm|remove',
      'Remove the user name and secret for an image registry',
      registry('registryLogout'),
    ),
    command(
      'registry ls|list',
      'List the image registries that you are logged in to',
      registry('registryLs'),
    ),
  ]),
  ...under('Contexts and configuration', [
    command(
      'context ls|list',
      'List the contexts: servers and the credentials for them',
      context('contextLs'),
    ),
    command('context use', 'Make a context the active one', context('contextUse')),
    command(
      'context show',
      'Show a context and the state of its credential',
      context('contextShow'),
    ),
    command('context add', 'Add a context with a token or certificate file', context('contextAdd')),
    command('context rm|remove|delete', 'Remove a context', context('contextRm')),
    command('config show|list|ls', 'Show the configuration, secrets hidden', config('configShow')),
    command('config get', 'Show one setting', config('configGet')),
    command('config set', 'Change settings', config('configSet')),
    command('config path', 'Show where the configuration file is', config('configPath')),
    command('config validate', 'Check the configuration file', config('configValidate')),
    command('config unset', 'Remove settings', config('configUnset')),
    command('config edit', 'Change the configuration in your editor', config('configEdit')),
    command('config import', 'Import the settings of the Python clients', config('configImport')),
  ]),
  ...under('Local platform', [
    command(
      'platform start',
      'Start a Science Platform on this machine',
      platformStart('platformStart'),
    ),
    command('platform stop', 'Stop the local platform', platformWork('platformStop')),
    command(
      'platform status',
      'Show whether the platform runs, and where',
      platformWork('platformStatus'),
    ),
    command(
      'platform logs|log',
      'Show the log of the local platform',
      platformLogs('platformLogs'),
    ),
    command(
      'platform config',
      'Show the configuration of the local platform',
      platformWork('platformConfig'),
    ),
    command(
      'platform fault|faults',
      'Make the local platform misbehave on request',
      platformWork('platformFault'),
    ),
    command(
      'platform reset',
      'Remove all data of the local platform',
      platformWork('platformReset'),
    ),
  ]),
  ...under('Client', [
    command('alias ls|list', 'List your aliases', alias('aliasLs')),
    command('alias set', 'Define an alias for a command line', {
      load: async () => (await import('./alias/definitions.js')).aliasSetCommand,
      // It must know the table that it is in.
      run: async () => (await import('./alias/run.js')).aliasSetter(commands),
    }),
    command('alias rm|remove', 'Remove aliases', alias('aliasRm')),
    command('doctor', 'Look for problems', doctor('doctor')),
    command('api', 'Send any request to the server', clientWork('api')),
    command('mcp', 'Serve an AI assistant over the Model Context Protocol', mcp('mcp')),
    command(
      'completion',
      'Print a script that completes commands in a shell',
      clientWork('completion'),
    ),
    command('version', 'Show the version, and details for a bug report', clientWork('version')),
  ]),
];
