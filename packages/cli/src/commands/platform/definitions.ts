import {
  argument,
  defineCommand,
  documentOf,
  fieldsOf,
  flag,
  integer,
  list,
  text,
} from '../../command.js';

export const platformFields = fieldsOf(
  'url context ca certificate token tokenFile user home data pid port passwordFile issuer registry runner store',
  { open: true },
);

export const platformStartCommand = defineCommand({
  description:
    'Starts a Science Platform on this machine: it serves the Skaha API on the loopback address and really runs sessions, in sandboxes if this machine supports them. It adds a context for the platform, which becomes the active one if there is none. Without --detach it runs until you press Ctrl-C, and its sessions end with it.',
  options: {
    detach: flag('run in the background', { short: 'd' }),
    port: integer(
      'N',
      [0, 65_535],
      'listen on this port; 0 for any free one (default: the last one used)',
    ),
    data: text('DIR', 'keep sessions, homes and keys here (default ~/.local/share/skaha/platform)'),
    user: text('NAME', 'the main user (default: your user name)'),
    context: text('NAME', 'name of the context to add', { default: 'local' }),
    strict: flag('reproduce the quirks of the real server, which are otherwise corrected'),
    api: text('VERSIONS', 'the versions of the API to serve: v1, v0, or v0,v1', {
      choices: ['v1', 'v0', 'v0,v1'],
    }),
    runner: text(
      'NAME',
      'what runs the sessions: auto (the default), sandbox, process, container, kubernetes, or another that is installed',
    ),
    store: text(
      'URL',
      'keep sessions in this PostgreSQL database instead: postgres://USER@HOST/DATABASE; the password comes from PGPASSWORD or a password file',
    ),
    fault: list(
      'NAME[,SETTING=VALUE]',
      "a fault that is active from the start; see 'skaha platform fault'",
    ),
    use: flag('make that context the active one'),
  },
  ...documentOf(platformFields),
  examples: {
    'skaha platform start': 'until Ctrl-C',
    'skaha platform start --detach --use': 'in the background, used from now on',
    'skaha platform start --detach --json': 'address and token, for a program',
  },
  exitCodes: {
    1: 'it cannot start: the port is in use, it is already running, or its data cannot be written; or another platform took over from it',
  },
});

export const platformStopCommand = defineCommand({
  description:
    'Stops the platform on this machine. Sessions that are still running end, unless you give --leave-sessions. The data stays.',
  options: {
    data: text('DIR', 'the platform with this data directory'),
    leaveSessions: flag('leave sessions running; the next start finds them again'),
  },
  examples: {
    'skaha platform stop': 'stop it and its sessions',
    'skaha platform stop --leave-sessions': 'stop only the server',
  },
});

export const platformStatusCommand = defineCommand({
  description:
    'Shows whether the platform on this machine is running and where, what is running on it, and how much it uses: cores, memory and disk. "requested" is what running sessions asked for, "used" is what they use.',
  options: { data: text('DIR', 'the platform with this data directory') },
  ...documentOf(),
  examples: {
    'skaha platform status': 'what is running',
    'skaha platform status --json': 'for a program',
  },
  exitCodes: { 6: 'it is not running' },
});

export const platformLogsCommand = defineCommand({
  description: 'Shows the log of a platform that is running, or was running, in the background.',
  options: {
    data: text('DIR', 'the platform with this data directory'),
    follow: flag('keep showing what is added, until Ctrl-C', { short: 'f' }),
    tail: integer('N', [0, 1_000_000], 'only the last N lines'),
    raw: flag('as it is in the file: one line of JSON per entry'),
  },
  examples: {
    'skaha platform logs --tail 20': 'the last lines',
    'skaha platform logs -f': 'as they are written',
    'skaha platform logs --raw': 'for a program',
  },
  exitCodes: { 6: 'there is no log: it was never started in the background' },
});

export const platformConfigCommand = defineCommand({
  description:
    'Shows the configuration of the platform on this machine: one file whose comments describe every setting and its default. It is created if it does not exist. Change it with an editor; changes take effect at the next start.',
  options: {
    data: text('DIR', 'the platform with this data directory'),
    path: flag('only show where the file is'),
    check: flag('only check whether a platform would start with it'),
  },
  examples: {
    'skaha platform config': 'what can be configured',
    'nano "$(skaha platform config --path)"': 'edit it',
    'skaha platform config --check': 'is it valid?',
  },
  exitCodes: { 1: 'it is not valid, or cannot be read or written' },
});

export const platformFaultCommand = defineCommand({
  description:
    'Makes the platform on this machine misbehave on request, to see how a program copes: waiting sessions, images that cannot be pulled, lost replies, expired tokens, a wrong clock. Without arguments it lists the active faults; "available" lists all that exist. A fault lasts until it is cleared or the platform stops.',
  arguments: [
    argument(
      'action',
      'ACTION',
      'ls (default), available, set NAME [SETTING=VALUE…], clear [NAME…]',
      { choices: ['ls', 'available', 'set', 'clear'] },
    ),
    argument('words', 'WORD', 'the name of a fault, and its settings', { many: true }),
  ],
  options: { data: text('DIR', 'the platform with this data directory') },
  ...documentOf(fieldsOf('fault settings', { open: true })),
  examples: {
    'skaha platform fault set slow-queue': 'new sessions stay Pending',
    'skaha platform fault set slow delayMs=500 path=/skaha/v1/session': 'only some requests',
    'skaha platform fault clear': 'end all faults',
  },
  exitCodes: { 6: 'no platform is running' },
});

export const platformResetCommand = defineCommand({
  description:
    'Removes all data of the platform on this machine: sessions, logs, home directories, keys and tokens. It also removes the contexts for it. Stop the platform first. Sessions in a PostgreSQL database stay there; the command prints how to remove them.',
  options: { data: text('DIR', 'the platform with this data directory') },
  confirms: true,
  examples: {
    'skaha platform reset': 'ask, then remove',
    'skaha platform stop && skaha platform reset --yes': 'start from scratch',
  },
  exitCodes: { 1: 'it is still running, or its data cannot be removed' },
});
