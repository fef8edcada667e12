import { closeSync, constants, fstatSync, lstatSync, openSync, type Stats } from 'node:fs';
import http from 'node:http';
import { connect, type Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { SkahaError } from '../errors/index.js';

/** Nothing of this server answers at the socket; it is asked over TCP instead. */
class NoSocket extends Error {
  readonly code = 'SKAHA_NO_SOCKET';
}

const untrusted = (path: string, problem: string): SkahaError =>
  new SkahaError('transport.socket_untrusted', `The socket ${path} was not used: ${problem}.`, {
    hint: "Somebody else may have put it there. Look at its owner and permissions, remove it, and start the platform again: 'skaha platform start'",
  });

/** @throws {SkahaError} when others could have made it, or can change it */
function judge(found: Stats, what: string, path: string, uid: number): void {
  if (found.uid !== uid) throw untrusted(path, `${what} belongs to another user`);
  if ((found.mode & 0o077) !== 0) throw untrusted(path, `${what} is open to other users`);
}

const stated = (path: string): Stats => {
  try {
    return lstatSync(path);
  } catch (cause) {
    throw new NoSocket('it does not exist', { cause });
  }
};

/**
 * Holds the folder, where the system lets a held folder be named: nobody can then put another in
 * its place between the look at it and the connection.
 */
function hold(folder: string): number | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (cause) {
    throw new NoSocket('its folder cannot be accessed', { cause });
  }
}

/**
 * Connects to a socket that nobody but this user can have made.
 *
 * @throws {NoSocket} when there is none
 * @throws {SkahaError} `transport.socket_untrusted`
 */
function connectTo(path: string): Socket {
  const uid = process.getuid?.();
  if (uid === undefined) throw new NoSocket('this system does not record who owns files');
  const folder = dirname(path);
  const seen = stated(folder);
  if (!seen.isDirectory()) throw untrusted(path, 'its folder is not a folder');
  judge(seen, 'its folder', path, uid);
  const held = hold(folder);
  try {
    if (held !== undefined) judge(fstatSync(held), 'its folder', path, uid);
    const way = held === undefined ? path : join('/proc/self/fd', String(held), basename(path));
    const socket = stated(way);
    if (!socket.isSocket()) throw untrusted(path, 'it is not a socket');
    judge(socket, 'it', path, uid);
    // The system is asked before this returns, so the folder need not be held any longer.
    return connect({ path: way });
  } finally {
    if (held !== undefined) closeSync(held);
  }
}

/** Connects to the platform of this machine, which listens on a socket that only its owner can use. */
export class SocketAgent extends http.Agent {
  readonly #path: string;

  /**
   * @param path - of the socket
   * @param options - of the connections
   */
  constructor(path: string, options: http.AgentOptions) {
    super(options);
    this.#path = path;
  }

  override createConnection(
    ...[, callback]: Parameters<http.Agent['createConnection']>
  ): ReturnType<http.Agent['createConnection']> {
    try {
      return connectTo(this.#path);
    } catch (error) {
      const reason = error instanceof Error ? error : new Error(String(error));
      // Later: the request must first be able to hear of it. The type forgets that none is made.
      process.nextTick(() => callback?.(reason, undefined as never));
      return undefined;
    }
  }
}
