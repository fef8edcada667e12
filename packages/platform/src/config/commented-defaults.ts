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

/** The first `platform.yaml`: says what can be changed, and changes nothing. */
export const commentedDefaults = `# Configuration of this local Science Platform. It is read when the platform starts.
# Every key is optional; the values below are the defaults.
version: 1

# What a session may ask for. "auto" follows what the machine has.
# limits:
#   maxInteractiveSessions: 5            # sessions of one user that are not headless
#   maxInteractiveSessionsAsText: false  # true sends the number as text, as some servers do
#   cores:     { default: 1, defaultRequest: 1, defaultLimit: auto, options: auto }
#   memoryGiB: { default: 1, defaultRequest: 1, defaultLimit: auto, options: auto }
#   gpus: []

# What all running sessions share; more than the machine has is allowed.
# capacity: { cores: auto, memoryGiB: auto }
# "perUser" in it bounds what the running sessions of one user hold together, for example
# perUser: { cores: 2, memoryGiB: 8, sessions: 10 }. The others of that user wait.

# How long sessions live, and how long they stay listed after they finished, in seconds.
# lifetimes:
#   interactiveSeconds: 345600
#   headlessSeconds: 1209600
#   keepInteractiveSeconds: 86400
#   keepHeadlessSeconds: 3600
#   stopGraceMs: 2000                    # between asking a session to end and ending it

# The log of a platform in the background: debug also tells of every request.
# log: { level: info, maxMegabytes: 10, keep: 3 }  # "keep": older files, platform.log.1 and so on

# What clients may take of the server: connections at a time, and milliseconds for a handshake, for
# the head of a request, for a whole request, and in which a client reads nothing of its reply.
# "address" is where it listens (127.0.0.1), "url" is https://HOST[:PORT] as clients see it where
# something stands in between, "certificate" and "key" are PEM files in place of its own.
# server: { connections: 2048, handshakeMs: 60000, headMs: 60000, requestMs: 300000, stallMs: 120000 }

# Users beside the main one. "access: false" makes a user whom the platform refuses. A password is
# made for each of them and kept in private/users; "password" sets another one, in the form that
# hashPassword of skaha-platform gives it (scrypt$...).
# users:
#   - { name: guest }

# Who says who users are: the platform itself, or an OIDC issuer of your own, in the form
# { issuer: "https://iam.example.org/", audience: skaha }; docs/cluster.md lists what else it takes.
# A user above may have a "subject" there: the "sub" of the issuer's tokens.
# identity: {}

# How like the real server it is. "strict" reproduces oddities that are done better by default: true,
# or a list of names. "apiVersions" can hold v0 and v1, "stats: old" is the form of view=stats before
# Skaha 1.1.5, and an anonymous request is refused with 401, or with 400 as Skaha 1.4.0 does.
# compatibility: { strict: false, apiVersions: [v1], stats: new, anonymousStatus: 401 }

# What runs the sessions: sandbox (needs bubblewrap), process (nothing is kept apart), container
# (needs Docker or Podman), or auto: sandbox where that works, else process. Another name is that of a
# package skaha-platform-NAME, which is told what stands under its name in "runners".
# runner: auto
# runners: {}
# sandbox: { headlessNetwork: none, mounts: [] }  # host: headless sessions reach the network
# container: { pull: missing }                    # and socket, network, mounts
# maxProcesses: 4096                              # processes and threads of one session

# Directories that users share, at /arc/projects/NAME in a sandbox or container, in the form
# { name: survey, users: [guest] }; without "users" everybody works there. Mounts have the form
# { source: /data, target: /data, readOnly: true }.
# projects: []

# What a home may take on the disk, by way of the storage service. A user's "groups" may hold names
# beside numbers, for files that are shared with ivo://cadc.nrc.ca/gms?NAME.
# storage: { homeGiB: 10 }

# The images on offer, and the programs of this machine that stand for them: "command", or by kind
# in "commands". Notebooks and desktops need none. The program of a contributed image has to listen
# on 127.0.0.1 at the port in PORT or, if "socket: true" says that it can, at the unix socket in
# skaha_socket. The container runner runs the images themselves.
# images:
${images}
`;
