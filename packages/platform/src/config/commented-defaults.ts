import { defaultImages } from './default-images.js';

const list = (words: readonly string[]) => `[${words.map((word) => `"${word}"`).join(', ')}]`;

const images = defaultImages
  .map(({ id, types, command, commands = {} }) => {
    const run = command === undefined ? '' : `, command: ${list(command)}`;
    const byKind = Object.entries(commands).map(([kind, words]) => `${kind}: ${list(words)}`);
    const others = byKind.length === 0 ? '' : `, commands: { ${byKind.join(', ')} }`;
    return `#   - { id: "${id}", types: [${types.join(', ')}]${run}${others} }`;
  })
  .join('\n');

/** The initial `platform.yaml`: it shows what can be changed, and changes nothing. */
export const commentedDefaults = `# Configuration of this local Science Platform. It is read when the platform starts.
# Every key is optional; the values below are the defaults.
version: 1

# What a session may ask for. "auto" means what the machine has.
# limits:
#   maxInteractiveSessions: 5            # sessions of one user that are not headless
#   maxInteractiveSessionsAsText: false  # true sends the number as text, as some servers do
#   cores:     { default: 1, defaultRequest: 1, defaultLimit: auto, options: auto }
#   memoryGiB: { default: 1, defaultRequest: 1, defaultLimit: auto, options: auto }
#   gpus: []

# What all running sessions share; it may be more than the machine has.
# capacity: { cores: auto, memoryGiB: auto }
# "perUser" in it limits what the running sessions of one user may use together, for example
# perUser: { cores: 2, memoryGiB: 8, sessions: 10 }. Further sessions of that user wait.

# How long sessions may run, and how long they stay listed after they have finished, in seconds.
# lifetimes:
#   interactiveSeconds: 345600
#   headlessSeconds: 1209600
#   keepInteractiveSeconds: 86400
#   keepHeadlessSeconds: 3600
#   stopGraceMs: 2000                    # between asking a session to end and killing it

# Sessions are kept in this folder. The key "store" is the address of a PostgreSQL database for them, for
# example "postgres://skaha@db.example.org/skaha?sslmode=verify-full". Its password comes from PGPASSWORD
# or a password file, never from here.

# The log of a platform in the background: the level debug includes every request.
# log: { level: info, maxMegabytes: 10, keep: 3 }  # "keep": older files, platform.log.1 and so on

# Limits for clients: the number of connections, and the milliseconds allowed for a handshake, for the
# head of a request, for a complete request, and without the client reading any of its reply.
# "address" is where the platform listens (127.0.0.1), "url" is https://HOST[:PORT] as clients see it
# behind a proxy, "certificate" and "key" are PEM files to use instead of its own.
# server: { connections: 2048, handshakeMs: 60000, headMs: 60000, requestMs: 300000, stallMs: 120000 }

# Users in addition to the main one. "access: false" is for a user whom the platform refuses. A
# password is made for each of them and kept in private/users; "password" sets another one, as a
# hash from hashPassword of skaha-platform (scrypt$...).
# users:
#   - { name: guest }

# Who identifies users: the platform itself, or an OIDC issuer of your own, in the form
# { issuer: "https://iam.example.org/", audience: skaha }; docs/cluster.md lists the other settings.
# A user above may have a "subject" there: the "sub" of the issuer's tokens.
# identity: {}

# How closely it imitates the real server. "strict" reproduces quirks that are otherwise corrected:
# true, or a list of names. "apiVersions" can contain v0 and v1, "stats: old" is the format of
# view=stats before Skaha 1.1.5, and an anonymous request is refused with 401, or with 400 as Skaha
# 1.4.0 does.
# compatibility: { strict: false, apiVersions: [v1], stats: new, anonymousStatus: 401 }

# What runs the sessions: sandbox (needs bubblewrap), process (no isolation), container (needs
# Docker or Podman), or auto: sandbox where that works, otherwise process. Any other name refers to
# a package skaha-platform-NAME, which gets the settings under its name in "runners".
# runner: auto
# runners: {}
# sandbox: { headlessNetwork: none, interactiveNetwork: outgoing, mounts: [] }  # or host
# container: { pull: missing }                    # also socket, network, mounts
# maxProcesses: 4096                              # processes and threads of one session

# Directories that users share, at /arc/projects/NAME in a sandbox or container, in the form
# { name: survey, users: [guest] }; without "users" everybody may use it. Mounts have the form
# { source: /data, target: /data, readOnly: true }.
# projects: []

# How much disk space a home may use through the storage service. A user's "groups" may contain
# names in addition to numbers, for files that are shared with ivo://cadc.nrc.ca/gms?NAME.
# storage: { homeGiB: 10 }

# The images on offer, and the programs of this machine that run in their place: "command", or by
# kind in "commands". Notebooks and desktops need none. The program of a contributed image has to
# listen on 127.0.0.1 at the port in PORT or, if "socket: true" says that it can, at the Unix socket
# in skaha_socket. The container runner runs the images themselves.
# images:
${images}
`;
