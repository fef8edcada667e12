import type { CommandEntry } from '../command.js';

/** The commands under one heading of the root help. */
const under = (
  group: CommandEntry['group'],
  entries: readonly Omit<CommandEntry, 'group'>[],
): CommandEntry[] => entries.map((entry) => ({ ...entry, group }));

/** `jobs ls` is also `job ls`, and both have the longer `list`. */
const jobs = (...verbs: readonly [string, ...string[]]): string[] => {
  const [canonical, ...others] = verbs;
  return [
    ...others.map((verb) => `jobs ${verb}`),
    ...[canonical, ...others].map((verb) => `job ${verb}`),
  ];
};

type Load = CommandEntry['load'];

const reading =
  (name: keyof typeof import('./data/reading.js')): Load =>
  () =>
    import('./data/reading.js').then((module) => module[name]);
const writing =
  (name: keyof typeof import('./data/writing.js')): Load =>
  () =>
    import('./data/writing.js').then((module) => module[name]);

/** A command about files in storage services, by its verb and its other verbs. */
const data = ([verb, ...others]: readonly [string, ...string[]], summary: string, load: Load) => ({
  name: `data ${verb}`,
  aliases: others.map((other) => `data ${other}`),
  summary,
  load,
});

/** The table of contents of the command line: every command, in the order of the root help. */
export const commands: readonly CommandEntry[] = [
  ...under('Sessions', [
    {
      name: 'create',
      aliases: ['run', 'launch'],
      summary: 'Launch a session, or replicas of one',
      load: () => import('./session/create.js').then((module) => module.createCommand),
    },
    {
      name: 'ps',
      aliases: ['list', 'ls', 'get'],
      summary: 'List your sessions',
      load: () => import('./session/ps.js').then((module) => module.psCommand),
    },
    {
      name: 'top',
      summary: 'Show what running sessions use',
      load: () => import('./session/top.js').then((module) => module.topCommand),
    },
    {
      name: 'dashboard',
      summary: 'Look at it all in a browser',
      load: () => import('./dashboard/definitions.js').then((module) => module.dashboardCommand),
    },
    {
      name: 'info',
      summary: 'Show sessions in detail',
      load: () => import('./session/info.js').then((module) => module.infoCommand),
    },
    {
      name: 'events',
      summary: 'Show what the platform did for sessions',
      load: () => import('./session/events.js').then((module) => module.eventsCommand),
    },
    {
      name: 'logs',
      summary: 'Print or follow what sessions wrote',
      load: () => import('./session/logs.js').then((module) => module.logsCommand),
    },
    {
      name: 'open',
      summary: 'Open sessions in the browser',
      load: () => import('./session/open.js').then((module) => module.openCommand),
    },
    {
      name: 'wait',
      summary: 'Wait until sessions run or finish',
      load: () => import('./session/wait.js').then((module) => module.waitCommand),
    },
    {
      name: 'renew',
      summary: 'Give sessions their full lifetime again',
      load: () => import('./session/renew.js').then((module) => module.renewCommand),
    },
    {
      name: 'delete',
      aliases: ['del', 'rm'],
      summary: 'Delete sessions',
      load: () => import('./session/delete.js').then((module) => module.deleteCommand),
    },
    {
      name: 'prune',
      summary: 'Delete finished sessions by name',
      load: () => import('./session/prune.js').then((module) => module.pruneCommand),
    },
    {
      name: 'history',
      summary: 'List what was launched from here',
      load: () => import('./session/history.js').then((module) => module.historyCommand),
    },
    {
      name: 'relaunch',
      summary: 'Launch again what was launched before',
      load: () => import('./session/relaunch.js').then((module) => module.relaunchCommand),
    },
    {
      name: 'app ls',
      aliases: ['app list', 'apps ls', 'apps list'],
      summary: 'List the programs on a desktop',
      load: () => import('./app/definitions.js').then((module) => module.appLsCommand),
    },
    {
      name: 'app create',
      aliases: ['app start', 'apps create', 'apps start'],
      summary: 'Start a program on a desktop',
      load: () => import('./app/definitions.js').then((module) => module.appCreateCommand),
    },
    {
      name: 'app delete',
      aliases: ['app rm', 'apps delete', 'apps rm'],
      summary: 'End programs on a desktop',
      load: () => import('./app/definitions.js').then((module) => module.appDeleteCommand),
    },
    {
      name: 'jobs ls',
      aliases: jobs('ls', 'list'),
      summary: 'List the batches launched from here',
      load: () => import('./jobs/definitions.js').then((module) => module.jobsLsCommand),
    },
    {
      name: 'jobs show',
      aliases: jobs('show', 'info'),
      summary: 'Show what became of each session of a batch',
      load: () => import('./jobs/definitions.js').then((module) => module.jobsShowCommand),
    },
    {
      name: 'jobs logs',
      aliases: jobs('logs'),
      summary: 'Print or follow the logs of a batch',
      load: () => import('./jobs/definitions.js').then((module) => module.jobsLogsCommand),
    },
    {
      name: 'jobs wait',
      aliases: jobs('wait'),
      summary: 'Wait for the sessions of a batch',
      load: () => import('./jobs/definitions.js').then((module) => module.jobsWaitCommand),
    },
    {
      name: 'jobs resume',
      aliases: jobs('resume'),
      summary: 'Launch what is missing of a batch',
      load: () => import('./jobs/definitions.js').then((module) => module.jobsResumeCommand),
    },
    {
      name: 'jobs cancel',
      aliases: jobs('cancel', 'stop'),
      summary: 'Delete the unfinished sessions of a batch',
      load: () => import('./jobs/definitions.js').then((module) => module.jobsCancelCommand),
    },
    {
      name: 'jobs rm',
      aliases: jobs('rm', 'delete'),
      summary: 'Forget batches; their sessions stay',
      load: () => import('./jobs/definitions.js').then((module) => module.jobsRmCommand),
    },
  ]),
  ...under('Data', [
    data(['ls', 'list'], 'List folders of a storage service', reading('lsCommand')),
    data(['tree'], 'Show a folder as a tree', reading('treeCommand')),
    data(['find'], 'Find files below a folder', reading('findCommand')),
    data(['info', 'stat'], 'Show what is known about a file or folder', reading('infoCommand')),
    data(['du'], 'Count files and bytes below a folder', reading('duCommand')),
    data(['quota'], 'Show how much room there is', reading('quotaCommand')),
    data(['cat'], 'Print files', reading('catCommand')),
    data(['head'], 'Print the beginning of files', reading('headCommand')),
    data(['tail'], 'Print the end of files', reading('tailCommand')),
    data(['cp', 'copy'], 'Copy files to, from and between storage services', writing('cpCommand')),
    data(['sync'], 'Make one folder like another', writing('syncCommand')),
    data(['verify'], 'Compare two folders or files', writing('verifyCommand')),
    data(['mv', 'move'], 'Move or rename files and folders', writing('mvCommand')),
    data(['mkdir'], 'Make folders', writing('mkdirCommand')),
    data(['rmdir'], 'Remove empty folders', writing('rmdirCommand')),
    data(['rm', 'remove'], 'Remove files and folders', writing('rmCommand')),
    data(['ln'], 'Make a link', writing('lnCommand')),
    data(['chmod'], 'Change who may read and write', writing('chmodCommand')),
  ]),
  ...under('Images', [
    {
      name: 'image ls',
      aliases: ['image list', 'images'],
      summary: 'List the container images of the platform',
      load: () => import('./image/ls.js').then((module) => module.imageLsCommand),
    },
  ]),
  ...under('Server', [
    {
      name: 'server ls',
      aliases: ['server list'],
      summary: 'List the servers that can be used',
      load: () => import('./server/ls.js').then((module) => module.serverLsCommand),
    },
    {
      name: 'server use',
      summary: 'Use another server',
      load: () => import('./server/use.js').then((module) => module.serverUseCommand),
    },
    {
      name: 'server show',
      summary: 'Show what is known about a server',
      load: () => import('./server/show.js').then((module) => module.serverShowCommand),
    },
    {
      name: 'server add',
      summary: 'Add a server by its address',
      load: () => import('./server/add.js').then((module) => module.serverAddCommand),
    },
    {
      name: 'server rm',
      aliases: ['server remove'],
      summary: 'Remove a server',
      load: () => import('./server/rm.js').then((module) => module.serverRmCommand),
    },
    {
      name: 'stats',
      summary: 'Show how much of the platform is in use',
      load: () => import('./server/stats.js').then((module) => module.statsCommand),
    },
    {
      name: 'limits',
      summary: 'Show what sessions may ask for',
      load: () => import('./server/limits.js').then((module) => module.limitsCommand),
    },
    {
      name: 'repository',
      summary: 'List the image registries the platform allows',
      load: () => import('./server/repository.js').then((module) => module.repositoryCommand),
    },
  ]),
  ...under('Login', [
    {
      name: 'login',
      aliases: ['auth login'],
      deprecated: ['auth login'],
      summary: 'Log in at an identity provider',
      load: () => import('./login/definitions.js').then((module) => module.loginCommand),
    },
    {
      name: 'logout',
      aliases: ['auth logout'],
      summary: 'Log out: forget a login and make its tokens worthless',
      load: () => import('./login/definitions.js').then((module) => module.logoutCommand),
    },
    {
      name: 'whoami',
      summary: 'Ask the server who you are',
      load: () => import('./login/definitions.js').then((module) => module.whoamiCommand),
    },
    {
      name: 'auth show',
      aliases: ['auth', 'auth status'],
      summary: 'Show the login in use and whether it is good',
      load: () => import('./auth/definitions.js').then((module) => module.authShowCommand),
    },
    {
      name: 'auth ls',
      aliases: ['auth list'],
      summary: 'List the saved logins',
      load: () => import('./auth/definitions.js').then((module) => module.authLsCommand),
    },
    {
      name: 'auth use',
      aliases: ['auth switch'],
      summary: 'Use another saved login',
      load: () => import('./auth/definitions.js').then((module) => module.authUseCommand),
    },
    {
      name: 'auth token',
      summary: 'Print a bearer token that is good now',
      load: () => import('./auth/definitions.js').then((module) => module.authTokenCommand),
    },
    {
      name: 'auth rm',
      aliases: ['auth remove'],
      summary: 'Remove a saved login',
      load: () => import('./auth/definitions.js').then((module) => module.authRmCommand),
    },
    {
      name: 'auth purge',
      summary: 'Remove all logins, contexts and servers',
      load: () => import('./auth/definitions.js').then((module) => module.authPurgeCommand),
    },
    {
      name: 'registry login',
      summary: 'Save user name and secret of a private image registry',
      load: () => import('./registry/definitions.js').then((module) => module.registryLoginCommand),
    },
    {
      name: 'registry logout',
      aliases: ['registry rm', 'registry remove'],
      summary: 'Forget user name and secret of an image registry',
      load: () =>
        import('./registry/definitions.js').then((module) => module.registryLogoutCommand),
    },
    {
      name: 'registry ls',
      aliases: ['registry list'],
      summary: 'List the image registries that you are logged in to',
      load: () => import('./registry/definitions.js').then((module) => module.registryLsCommand),
    },
  ]),
  ...under('Contexts and configuration', [
    {
      name: 'context ls',
      aliases: ['context list'],
      summary: 'List the contexts: where you can work, and as whom',
      load: () => import('./context/definitions.js').then((module) => module.contextLsCommand),
    },
    {
      name: 'context use',
      summary: 'Make a context the active one',
      load: () => import('./context/definitions.js').then((module) => module.contextUseCommand),
    },
    {
      name: 'context show',
      summary: 'Show a context and the state of its credential',
      load: () => import('./context/definitions.js').then((module) => module.contextShowCommand),
    },
    {
      name: 'context add',
      summary: 'Add a context with a token or certificate file',
      load: () => import('./context/definitions.js').then((module) => module.contextAddCommand),
    },
    {
      name: 'context rm',
      aliases: ['context remove', 'context delete'],
      summary: 'Remove a context',
      load: () => import('./context/definitions.js').then((module) => module.contextRmCommand),
    },
    {
      name: 'config show',
      aliases: ['config list', 'config ls'],
      summary: 'Show the configuration, secrets hidden',
      load: () => import('./config/show.js').then((module) => module.configShowCommand),
    },
    {
      name: 'config get',
      summary: 'Show one setting',
      load: () => import('./config/get.js').then((module) => module.configGetCommand),
    },
    {
      name: 'config set',
      summary: 'Change settings',
      load: () => import('./config/set.js').then((module) => module.configSetCommand),
    },
    {
      name: 'config path',
      summary: 'Show where the configuration file is',
      load: () => import('./config/path.js').then((module) => module.configPathCommand),
    },
    {
      name: 'config validate',
      summary: 'Check the configuration file',
      load: () => import('./config/validate.js').then((module) => module.configValidateCommand),
    },
    {
      name: 'config unset',
      summary: 'Remove settings',
      load: () => import('./config/unset.js').then((module) => module.configUnsetCommand),
    },
    {
      name: 'config edit',
      summary: 'Change the configuration in your editor',
      load: () => import('./config/edit.js').then((module) => module.configEditCommand),
    },
    {
      name: 'config import',
      summary: 'Take over the settings of the Python clients',
      load: () => import('./config/import.js').then((module) => module.configImportCommand),
    },
  ]),
  ...under('Local platform', [
    {
      name: 'platform start',
      summary: 'Start a Science Platform on this machine',
      load: () => import('./platform/start.js').then((module) => module.platformStartCommand),
    },
    {
      name: 'platform stop',
      summary: 'Stop it',
      load: () => import('./platform/stop.js').then((module) => module.platformStopCommand),
    },
    {
      name: 'platform status',
      summary: 'Show whether it runs, and where',
      load: () => import('./platform/status.js').then((module) => module.platformStatusCommand),
    },
    {
      name: 'platform logs',
      aliases: ['platform log'],
      summary: 'Show its log',
      load: () => import('./platform/logs.js').then((module) => module.platformLogsCommand),
    },
    {
      name: 'platform config',
      summary: 'Show what can be set, and where',
      load: () => import('./platform/config.js').then((module) => module.platformConfigCommand),
    },
    {
      name: 'platform fault',
      aliases: ['platform faults'],
      summary: 'Make it misbehave on order',
      load: () => import('./platform/fault.js').then((module) => module.platformFaultCommand),
    },
    {
      name: 'platform reset',
      summary: 'Remove all its data',
      load: () => import('./platform/reset.js').then((module) => module.platformResetCommand),
    },
  ]),
  ...under('Client', [
    {
      name: 'alias ls',
      aliases: ['alias list'],
      summary: 'List the commands of your own',
      load: () => import('./alias/definitions.js').then((module) => module.aliasLsCommand),
    },
    {
      name: 'alias set',
      summary: 'Give a command line a name',
      load: () => import('./alias/definitions.js').then((module) => module.aliasSetCommand),
    },
    {
      name: 'alias rm',
      aliases: ['alias remove'],
      summary: 'Remove such a name',
      load: () => import('./alias/definitions.js').then((module) => module.aliasRmCommand),
    },
    {
      name: 'doctor',
      summary: 'Look for what may be wrong',
      load: () => import('./client/doctor.js').then((module) => module.doctorCommand),
    },
    {
      name: 'api',
      summary: 'Send a request of your own to the server',
      load: () => import('./client/api.js').then((module) => module.apiCommand),
    },
    {
      name: 'completion',
      summary: 'Print what lets a shell complete commands',
      load: () => import('./client/completion.js').then((module) => module.completionCommand),
    },
    {
      name: 'version',
      summary: 'Show the version, and what to say in a bug report',
      load: () => import('./client/version.js').then((module) => module.versionCommand),
    },
  ]),
];
