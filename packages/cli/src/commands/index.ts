import type { Command, CommandEntry, Run } from '../command.js';

/** The commands under one heading of the root help. */
const under = (
  group: CommandEntry['group'],
  entries: readonly Omit<CommandEntry, 'group'>[],
): CommandEntry[] => entries.map((entry) => ({ ...entry, group }));

/** All ways to write a name in which words have alternatives: `app|apps ls|list`, the first in front. */
const spellings = (name: string): string[] =>
  name
    .split(' ')
    .reduce(
      (before, word) => before.flatMap((words) => word.split('|').map((one) => `${words} ${one}`)),
      [''],
    )
    .map((words) => words.trimStart());

/** What of a command is loaded on demand: its declaration, and what runs it. */
interface Modules<Options> {
  load: () => Promise<Command<Options>>;
  run: () => Promise<Run<Command<Options>>>;
}

/** A line of the table: the canonical name, and behind bars what else its words may be. */
const command = <Options>(
  names: string,
  summary: string,
  modules: Modules<Options>,
  others: readonly string[] = [],
  deprecated: readonly string[] = [],
): Omit<CommandEntry, 'group'> => {
  const [name = '', ...aliases] = spellings(names);
  return { name, summary, ...modules, aliases: [...aliases, ...others], deprecated };
};

/** The table of contents of the command line: every command, in the order of the root help. */
export const commands: readonly CommandEntry[] = [
  ...under('Sessions', [
    command('create|run|launch', 'Launch a session, or replicas of one', {
      load: async () => (await import('./create/definitions.js')).createCommand,
      run: async () => (await import('./create/run.js')).runCreate,
    }),
    command('ps|list|ls|get', 'List your sessions', {
      load: async () => (await import('./session/definitions.js')).psCommand,
      run: async () => (await import('./session/list.js')).runPs,
    }),
    command('top', 'Show the resources that running sessions use', {
      load: async () => (await import('./session/definitions.js')).topCommand,
      run: async () => (await import('./session/top.js')).runTop,
    }),
    command('dashboard', 'Open the dashboard in a browser', {
      load: async () => (await import('./dashboard/definitions.js')).dashboardCommand,
      run: async () => (await import('./dashboard/run.js')).runDashboard,
    }),
    command('info', 'Show sessions in detail', {
      load: async () => (await import('./session/definitions.js')).infoCommand,
      run: async () => (await import('./session/info.js')).runInfo,
    }),
    command('events', 'Show what the platform did for sessions', {
      load: async () => (await import('./session/definitions.js')).eventsCommand,
      run: async () => (await import('./session/events.js')).runEvents,
    }),
    command('logs', 'Print or follow what sessions wrote', {
      load: async () => (await import('./session/definitions.js')).logsCommand,
      run: async () => (await import('./session/logs.js')).runLogs,
    }),
    command('exec', 'Run a command in a running session', {
      load: async () => (await import('./session/definitions.js')).execCommand,
      run: async () => (await import('./session/exec.js')).runExec,
    }),
    command('shell|ssh', 'Open a shell in a running session', {
      load: async () => (await import('./session/definitions.js')).shellCommand,
      run: async () => (await import('./session/exec.js')).runShell,
    }),
    command('open', 'Open sessions in the browser', {
      load: async () => (await import('./session/definitions.js')).openCommand,
      run: async () => (await import('./session/open.js')).runOpen,
    }),
    command('wait', 'Wait until sessions run or finish', {
      load: async () => (await import('./session/definitions.js')).waitCommand,
      run: async () => (await import('./session/wait.js')).runWait,
    }),
    command('renew', 'Give sessions their full lifetime again', {
      load: async () => (await import('./session/definitions.js')).renewCommand,
      run: async () => (await import('./session/change.js')).runRenew,
    }),
    command('delete|del|rm', 'Delete sessions', {
      load: async () => (await import('./session/definitions.js')).deleteCommand,
      run: async () => (await import('./session/change.js')).runDelete,
    }),
    command('prune', 'Delete finished sessions by name', {
      load: async () => (await import('./session/definitions.js')).pruneCommand,
      run: async () => (await import('./session/change.js')).runPrune,
    }),
    command('history', 'List what was launched from here', {
      load: async () => (await import('./create/definitions.js')).historyCommand,
      run: async () => (await import('./create/history.js')).runHistory,
    }),
    command('relaunch', 'Repeat an earlier launch', {
      load: async () => (await import('./create/definitions.js')).relaunchCommand,
      run: async () => (await import('./create/history.js')).runRelaunch,
    }),
    command('app|apps ls|list', 'List the programs on a desktop', {
      load: async () => (await import('./app/definitions.js')).appLsCommand,
      run: async () => (await import('./app/run.js')).runAppLs,
    }),
    command('app|apps create|start', 'Start a program on a desktop', {
      load: async () => (await import('./app/definitions.js')).appCreateCommand,
      run: async () => (await import('./app/run.js')).runAppCreate,
    }),
    command('app|apps delete|rm', 'End programs on a desktop', {
      load: async () => (await import('./app/definitions.js')).appDeleteCommand,
      run: async () => (await import('./app/run.js')).runAppDelete,
    }),
    command('jobs|job ls|list', 'List the batches launched from here', {
      load: async () => (await import('./jobs/definitions.js')).jobsLsCommand,
      run: async () => (await import('./jobs/run.js')).runJobsLs,
    }),
    command('jobs|job show|info', 'Show what became of each session in a batch', {
      load: async () => (await import('./jobs/definitions.js')).jobsShowCommand,
      run: async () => (await import('./jobs/run.js')).runJobsShow,
    }),
    command('jobs|job logs', 'Print or follow the logs of a batch', {
      load: async () => (await import('./jobs/definitions.js')).jobsLogsCommand,
      run: async () => (await import('./jobs/logs.js')).runJobsLogs,
    }),
    command('jobs|job wait', 'Wait for the sessions of a batch', {
      load: async () => (await import('./jobs/definitions.js')).jobsWaitCommand,
      run: async () => (await import('./jobs/run.js')).runJobsWait,
    }),
    command('jobs|job resume', 'Launch what is missing from a batch', {
      load: async () => (await import('./jobs/definitions.js')).jobsResumeCommand,
      run: async () => (await import('./jobs/run.js')).runJobsResume,
    }),
    command('jobs|job cancel|stop', 'Delete the unfinished sessions of a batch', {
      load: async () => (await import('./jobs/definitions.js')).jobsCancelCommand,
      run: async () => (await import('./jobs/run.js')).runJobsCancel,
    }),
    command('jobs|job rm|delete', 'Forget batches; their sessions stay', {
      load: async () => (await import('./jobs/definitions.js')).jobsRmCommand,
      run: async () => (await import('./jobs/run.js')).runJobsRm,
    }),
    command('cluster|clusters create', 'Create a Dask or Ray cluster from sessions', {
      load: async () => (await import('./cluster/definitions.js')).clusterCreateCommand,
      run: async () => (await import('./cluster/run.js')).runClusterCreate,
    }),
    command(
      'cluster ls',
      'List the clusters created from here',
      {
        load: async () => (await import('./cluster/definitions.js')).clusterLsCommand,
        run: async () => (await import('./cluster/run.js')).runClusterLs,
      },
      ['cluster list', 'clusters ls'],
    ),
    command('cluster scale', 'Change the number of workers in a cluster', {
      load: async () => (await import('./cluster/definitions.js')).clusterScaleCommand,
      run: async () => (await import('./cluster/run.js')).runClusterScale,
    }),
    command('cluster connect', 'Show how to reach a cluster, or run a program on it', {
      load: async () => (await import('./cluster/definitions.js')).clusterConnectCommand,
      run: async () => (await import('./cluster/run.js')).runClusterConnect,
    }),
    command(
      'cluster delete',
      'End clusters and delete their sessions',
      {
        load: async () => (await import('./cluster/definitions.js')).clusterDeleteCommand,
        run: async () => (await import('./cluster/run.js')).runClusterDelete,
      },
      ['cluster rm', 'clusters delete'],
    ),
  ]),
  ...under('Data', [
    command('data ls|list', 'List folders of a storage service', {
      load: async () => (await import('./data/definitions.js')).dataLsCommand,
      run: async () => (await import('./data/list.js')).runDataLs,
    }),
    command('data tree', 'Show a folder as a tree', {
      load: async () => (await import('./data/definitions.js')).dataTreeCommand,
      run: async () => (await import('./data/list.js')).runDataTree,
    }),
    command('data find', 'Find files below a folder', {
      load: async () => (await import('./data/definitions.js')).dataFindCommand,
      run: async () => (await import('./data/list.js')).runDataFind,
    }),
    command('data info|stat', 'Show details of a file or folder', {
      load: async () => (await import('./data/definitions.js')).dataInfoCommand,
      run: async () => (await import('./data/list.js')).runDataInfo,
    }),
    command('data du', 'Count files and bytes below a folder', {
      load: async () => (await import('./data/definitions.js')).dataDuCommand,
      run: async () => (await import('./data/list.js')).runDataDu,
    }),
    command('data quota', 'Show quotas and how much is used', {
      load: async () => (await import('./data/definitions.js')).dataQuotaCommand,
      run: async () => (await import('./data/list.js')).runDataQuota,
    }),
    command('data cat', 'Print files', {
      load: async () => (await import('./data/definitions.js')).dataCatCommand,
      run: async () => (await import('./data/read.js')).runDataCat,
    }),
    command('data head', 'Print the beginning of files', {
      load: async () => (await import('./data/definitions.js')).dataHeadCommand,
      run: async () => (await import('./data/read.js')).runDataHead,
    }),
    command('data tail', 'Print the end of files', {
      load: async () => (await import('./data/definitions.js')).dataTailCommand,
      run: async () => (await import('./data/read.js')).runDataTail,
    }),
    command('data cp|copy', 'Copy files to, from and between storage services', {
      load: async () => (await import('./data/definitions.js')).dataCpCommand,
      run: async () => (await import('./data/copy.js')).runDataCp,
    }),
    command('data sync', 'Make one folder match another', {
      load: async () => (await import('./data/definitions.js')).dataSyncCommand,
      run: async () => (await import('./data/copy.js')).runDataSync,
    }),
    command('data verify', 'Compare two folders or files', {
      load: async () => (await import('./data/definitions.js')).dataVerifyCommand,
      run: async () => (await import('./data/copy.js')).runDataVerify,
    }),
    command('data mv|move', 'Move or rename files and folders', {
      load: async () => (await import('./data/definitions.js')).dataMvCommand,
      run: async () => (await import('./data/change.js')).runDataMv,
    }),
    command('data mkdir', 'Create folders', {
      load: async () => (await import('./data/definitions.js')).dataMkdirCommand,
      run: async () => (await import('./data/change.js')).runDataMkdir,
    }),
    command('data rmdir', 'Remove empty folders', {
      load: async () => (await import('./data/definitions.js')).dataRmdirCommand,
      run: async () => (await import('./data/change.js')).runDataRmdir,
    }),
    command('data rm|remove', 'Remove files and folders', {
      load: async () => (await import('./data/definitions.js')).dataRmCommand,
      run: async () => (await import('./data/change.js')).runDataRm,
    }),
    command('data ln', 'Create a link', {
      load: async () => (await import('./data/definitions.js')).dataLnCommand,
      run: async () => (await import('./data/change.js')).runDataLn,
    }),
    command('data chmod', 'Change who may read and write', {
      load: async () => (await import('./data/definitions.js')).dataChmodCommand,
      run: async () => (await import('./data/change.js')).runDataChmod,
    }),
  ]),
  ...under('Images', [
    command(
      'image ls|list',
      'List the container images of the platform',
      {
        load: async () => (await import('./image/definitions.js')).imageLsCommand,
        run: async () => (await import('./image/run.js')).runImageLs,
      },
      ['images'],
    ),
  ]),
  ...under('Server', [
    command('server ls|list', 'List the servers that can be used', {
      load: async () => (await import('./server/definitions.js')).serverLsCommand,
      run: async () => (await import('./server/run.js')).runServerLs,
    }),
    command('server use', 'Use another server', {
      load: async () => (await import('./server/definitions.js')).serverUseCommand,
      run: async () => (await import('./server/run.js')).runServerUse,
    }),
    command('server show', 'Show details of a server', {
      load: async () => (await import('./server/definitions.js')).serverShowCommand,
      run: async () => (await import('./server/run.js')).runServerShow,
    }),
    command('server add', 'Add a server by its address', {
      load: async () => (await import('./server/definitions.js')).serverAddCommand,
      run: async () => (await import('./server/run.js')).runServerAdd,
    }),
    command('server rm|remove', 'Remove a server', {
      load: async () => (await import('./server/definitions.js')).serverRmCommand,
      run: async () => (await import('./server/run.js')).runServerRm,
    }),
    command('stats', 'Show how much of the platform is in use', {
      load: async () => (await import('./server/definitions.js')).statsCommand,
      run: async () => (await import('./server/offer.js')).runStats,
    }),
    command('limits', 'Show how much a session may request', {
      load: async () => (await import('./server/definitions.js')).limitsCommand,
      run: async () => (await import('./server/offer.js')).runLimits,
    }),
    command('repository', 'List the image registries the platform allows', {
      load: async () => (await import('./server/definitions.js')).repositoryCommand,
      run: async () => (await import('./server/offer.js')).runRepository,
    }),
  ]),
  ...under('Login', [
    command(
      'login',
      'Log in with an identity provider',
      {
        load: async () => (await import('./auth/definitions.js')).loginCommand,
        run: async () => (await import('./auth/login.js')).runLogin,
      },
      ['auth login'],
      ['auth login'],
    ),
    command(
      'logout',
      'Log out: remove a login and revoke its tokens',
      {
        load: async () => (await import('./auth/definitions.js')).logoutCommand,
        run: async () => (await import('./auth/run.js')).runLogout,
      },
      ['auth logout'],
    ),
    command('whoami', 'Ask the server who you are', {
      load: async () => (await import('./auth/definitions.js')).whoamiCommand,
      run: async () => (await import('./auth/run.js')).runWhoami,
    }),
    command(
      'auth show',
      'Show the login in use and whether it is valid',
      {
        load: async () => (await import('./auth/definitions.js')).authShowCommand,
        run: async () => (await import('./auth/run.js')).runAuthShow,
      },
      ['auth', 'auth status'],
    ),
    command('auth ls|list', 'List the saved logins', {
      load: async () => (await import('./auth/definitions.js')).authLsCommand,
      run: async () => (await import('./auth/run.js')).runAuthLs,
    }),
    command('auth use|switch', 'Use another saved login', {
      load: async () => (await import('./auth/definitions.js')).authUseCommand,
      run: async () => (await import('./auth/run.js')).runAuthUse,
    }),
    command('auth token', 'Print a valid bearer token', {
      load: async () => (await import('./auth/definitions.js')).authTokenCommand,
      run: async () => (await import('./auth/run.js')).runAuthToken,
    }),
    command('auth rm|remove', 'Remove a saved login', {
      load: async () => (await import('./auth/definitions.js')).authRmCommand,
      run: async () => (await import('./auth/run.js')).runAuthRm,
    }),
    command('auth purge', 'Remove all logins, contexts and servers', {
      load: async () => (await import('./auth/definitions.js')).authPurgeCommand,
      run: async () => (await import('./auth/run.js')).runAuthPurge,
    }),
    command('registry login', 'Save the user name and secret for a private image registry', {
      load: async () => (await import('./registry/definitions.js')).registryLoginCommand,
      run: async () => (await import('./registry/run.js')).runRegistryLogin,
    }),
    command('registry logout|rm|remove', 'Remove the user name and secret for an image registry', {
      load: async () => (await import('./registry/definitions.js')).registryLogoutCommand,
      run: async () => (await import('./registry/run.js')).runRegistryLogout,
    }),
    command('registry ls|list', 'List the image registries that you are logged in to', {
      load: async () => (await import('./registry/definitions.js')).registryLsCommand,
      run: async () => (await import('./registry/run.js')).runRegistryLs,
    }),
  ]),
  ...under('Contexts and configuration', [
    command('context ls|list', 'List the contexts: servers and the credentials for them', {
      load: async () => (await import('./context/definitions.js')).contextLsCommand,
      run: async () => (await import('./context/run.js')).runContextLs,
    }),
    command('context use', 'Make a context the active one', {
      load: async () => (await import('./context/definitions.js')).contextUseCommand,
      run: async () => (await import('./context/run.js')).runContextUse,
    }),
    command('context show', 'Show a context and the state of its credential', {
      load: async () => (await import('./context/definitions.js')).contextShowCommand,
      run: async () => (await import('./context/run.js')).runContextShow,
    }),
    command('context add', 'Add a context with a token or certificate file', {
      load: async () => (await import('./context/definitions.js')).contextAddCommand,
      run: async () => (await import('./context/run.js')).runContextAdd,
    }),
    command('context rm|remove|delete', 'Remove a context', {
      load: async () => (await import('./context/definitions.js')).contextRmCommand,
      run: async () => (await import('./context/run.js')).runContextRm,
    }),
    command('config show|list|ls', 'Show the configuration, secrets hidden', {
      load: async () => (await import('./config/definitions.js')).configShowCommand,
      run: async () => (await import('./config/run.js')).runConfigShow,
    }),
    command('config get', 'Show one setting', {
      load: async () => (await import('./config/definitions.js')).configGetCommand,
      run: async () => (await import('./config/run.js')).runConfigGet,
    }),
    command('config set', 'Change settings', {
      load: async () => (await import('./config/definitions.js')).configSetCommand,
      run: async () => (await import('./config/run.js')).runConfigSet,
    }),
    command('config path', 'Show where the configuration file is', {
      load: async () => (await import('./config/definitions.js')).configPathCommand,
      run: async () => (await import('./config/run.js')).runConfigPath,
    }),
    command('config validate', 'Check the configuration file', {
      load: async () => (await import('./config/definitions.js')).configValidateCommand,
      run: async () => (await import('./config/run.js')).runConfigValidate,
    }),
    command('config unset', 'Remove settings', {
      load: async () => (await import('./config/definitions.js')).configUnsetCommand,
      run: async () => (await import('./config/run.js')).runConfigUnset,
    }),
    command('config edit', 'Change the configuration in your editor', {
      load: async () => (await import('./config/definitions.js')).configEditCommand,
      run: async () => (await import('./config/run.js')).runConfigEdit,
    }),
    command('config import', 'Import the settings of the Python clients', {
      load: async () => (await import('./config/definitions.js')).configImportCommand,
      run: async () => (await import('./config/run.js')).runConfigImport,
    }),
  ]),
  ...under('Local platform', [
    command('platform start', 'Start a Science Platform on this machine', {
      load: async () => (await import('./platform/definitions.js')).platformStartCommand,
      run: async () => (await import('./platform/start.js')).runPlatformStart,
    }),
    command('platform stop', 'Stop the local platform', {
      load: async () => (await import('./platform/definitions.js')).platformStopCommand,
      run: async () => (await import('./platform/run.js')).runPlatformStop,
    }),
    command('platform status', 'Show whether the platform runs, and where', {
      load: async () => (await import('./platform/definitions.js')).platformStatusCommand,
      run: async () => (await import('./platform/run.js')).runPlatformStatus,
    }),
    command('platform logs|log', 'Show the log of the local platform', {
      load: async () => (await import('./platform/definitions.js')).platformLogsCommand,
      run: async () => (await import('./platform/logs.js')).runPlatformLogs,
    }),
    command('platform config', 'Show the configuration of the local platform', {
      load: async () => (await import('./platform/definitions.js')).platformConfigCommand,
      run: async () => (await import('./platform/run.js')).runPlatformConfig,
    }),
    command('platform fault|faults', 'Make the local platform misbehave on request', {
      load: async () => (await import('./platform/definitions.js')).platformFaultCommand,
      run: async () => (await import('./platform/run.js')).runPlatformFault,
    }),
    command('platform reset', 'Remove all data of the local platform', {
      load: async () => (await import('./platform/definitions.js')).platformResetCommand,
      run: async () => (await import('./platform/run.js')).runPlatformReset,
    }),
  ]),
  ...under('Client', [
    command('alias ls|list', 'List your aliases', {
      load: async () => (await import('./alias/definitions.js')).aliasLsCommand,
      run: async () => (await import('./alias/run.js')).runAliasLs,
    }),
    command('alias set', 'Define an alias for a command line', {
      load: async () => (await import('./alias/definitions.js')).aliasSetCommand,
      // It must know the table that it is in.
      run: async () => (await import('./alias/run.js')).aliasSetter(commands),
    }),
    command('alias rm|remove', 'Remove aliases', {
      load: async () => (await import('./alias/definitions.js')).aliasRmCommand,
      run: async () => (await import('./alias/run.js')).runAliasRm,
    }),
    command('doctor', 'Look for problems', {
      load: async () => (await import('./doctor/definitions.js')).doctorCommand,
      run: async () => (await import('./doctor/run.js')).runDoctor,
    }),
    command('api', 'Send any request to the server', {
      load: async () => (await import('./api/definitions.js')).apiCommand,
      run: async () => (await import('./api/run.js')).runApi,
    }),
    command('mcp', 'Serve an AI assistant over the Model Context Protocol', {
      load: async () => (await import('./mcp/definitions.js')).mcpCommand,
      run: async () => (await import('./mcp/run.js')).runMcp,
    }),
    command('completion', 'Print a script that completes commands in a shell', {
      load: async () => (await import('./about/definitions.js')).completionCommand,
      run: async () => (await import('./about/run.js')).runCompletion,
    }),
    command('version', 'Show the version, and details for a bug report', {
      load: async () => (await import('./about/definitions.js')).versionCommand,
      run: async () => (await import('./about/run.js')).runVersion,
    }),
  ]),
];
