// A further command in a session that runs: an extension that the local platform has, and that its
// capabilities name. The Skaha API has nothing like it.

/** Names the extension in the capabilities of a server. */
export const sessionCommandsId = 'urn:skaha-platform:session-commands-1';

/** Below the root of the API. */
export const sessionCommandsPath = 'session-commands';

/** Signals that a command can be sent. */
export const commandSignals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGKILL'] as const;

/** A signal that a command can be sent. */
export type CommandSignal = (typeof commandSignals)[number];
