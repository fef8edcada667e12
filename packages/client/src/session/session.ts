import { eachSession } from '../client/many.js';
import type { CallOptions } from '../client/options.js';
import { ClientPart, type ClientSource, coreOf } from '../client/source.js';
import { checkIds } from '../client/url.js';
import type { SessionReason } from '../models/reason.js';
import type { PublicSession, SessionInfo } from '../models/session.js';
import type { PlatformStats } from '../models/stats.js';
import { DesktopApps } from './apps.js';
import { createSessions } from './create.js';
import type { ExecOptions, RunningCommand } from './exec.js';
import { followLog, followLogBytes } from './follow.js';
import { listPublicSessions, listSessions } from './list.js';
import { streamLog } from './log-reader.js';
import { readEvents, readInfo, readLoad, readSessionLog, renewSession } from './read.js';
import type {
  ConnectableSession,
  ConnectOptions,
  CreateOptions,
  CreateResult,
  DestroyedSession,
  DestroyOptions,
  DestroyWithOptions,
  DestroyWithResult,
  FetchOptions,
  FollowOptions,
  PageLink,
  PollOptions,
  RenewedSession,
  SessionChange,
  SessionEvents,
  SessionLog,
  WaitOptions,
} from './types.js';

// What few programs need is loaded when they ask for it: to find and read a module takes as long as
// to run many, and what checks the lines of `exec` is larger than all the rest.

/**
 * Launches, lists, follows and deletes the sessions of one user.
 *
 * Calls on several ids resolve to one result for each, in the same order. If some fail, they throw
 * a `PartialError` that lists what was done and what was not. With a single id, they throw the
 * error for that id.
 *
 * @example
 * ```ts
 * import { Session } from 'skaha';
 *
 * await using sessions = new Session({ context: 'local' });
 * for (const { id, name, status } of await sessions.fetch()) console.log(id, name, status);
 * ```
 */
export class Session extends ClientPart {
  /** Programs on desktop sessions. */
  readonly apps: DesktopApps;

  /** @param source - a client to share, or options for a new one */
  constructor(source: ClientSource = {}) {
    super(source);
    this.apps = new DesktopApps(this);
  }

  /**
   * Lists your sessions, including those that ended recently.
   *
   * @param options - filters, signal and timeout
   * @returns the sessions in the server's order
   * @throws {SkahaError} `authentication.required`, `transport.failure` and others
   * @example
   * ```ts
   * import { SkahaClient } from 'skaha';
   *
   * const { sessions } = new SkahaClient();
   * const running = await sessions.fetch({ kind: 'headless', status: 'Running' });
   * console.log(running.length);
   * ```
   */
  async fetch(options: FetchOptions = {}): Promise<SessionInfo[]> {
    return listSessions(coreOf(this), options);
  }

  /**
   * Lists everybody's sessions, with the four fields that are public.
   *
   * @param options - filters, signal and timeout
   * @returns the sessions, without ids
   */
  async fetchPublic(options: Omit<FetchOptions, 'first' | 'view'> = {}): Promise<PublicSession[]> {
    return listPublicSessions(coreOf(this), options);
  }

  /**
   * Describes sessions.
   *
   * @param ids - as returned by `create` or `fetch`
   * @param options - signal and timeout
   * @returns one description for each id, in order
   * @throws {SkahaError} `session.not_found`, `partial.failure`, `request.invalid`
   */
  async info(ids: readonly string[], options: CallOptions = {}): Promise<SessionInfo[]> {
    return eachSession(coreOf(this), ids, options, 'describe', readInfo);
  }

  /**
   * Reads the logs of sessions: what they wrote to standard output and error.
   *
   * @param ids - as returned by `create` or `fetch`
   * @param options - signal and timeout
   * @returns one log for each id, in order; empty if nothing was written yet
   * @throws {SkahaError} `session.not_found`, `partial.failure`, `request.invalid`
   * @example
   * ```ts
   * import { SkahaClient } from 'skaha';
   *
   * const [log] = await new SkahaClient().sessions.logs(['ab12cd34']);
   * console.log(log?.text);
   * ```
   */
  async logs(ids: readonly string[], options: CallOptions = {}): Promise<SessionLog[]> {
    return eachSession(coreOf(this), ids, options, 'read the logs of', readSessionLog);
  }

  /**
   * Reads the log of one session piece by piece. Use it for logs that are too long for
   * {@link Session.logs}, which reads up to 511 MiB.
   *
   * @param id - as returned by `create` or `fetch`
   * @param write - called with each piece in order; the next one waits until it has resolved
   * @param options - signal and timeout; the time limit applies to the complete log
   * @returns the number of bytes
   * @throws {SkahaError} `session.not_found`, `request.invalid`, `transport.failure` and others
   * @example
   * ```ts
   * import { createWriteStream } from 'node:fs';
   * import { SkahaClient } from 'skaha';
   *
   * const file = createWriteStream('run.log');
   * await new SkahaClient().sessions.streamLog('ab12cd34', (piece) => void file.write(piece));
   * file.end();
   * ```
   */
  async streamLog(
    id: string,
    write: (piece: Uint8Array) => void | Promise<void>,
    options: CallOptions = {},
  ): Promise<number> {
    checkIds([id], 'id');
    return streamLog(coreOf(this), id, write, options);
  }

  /**
   * Runs a command in a running session: as its user, with its files, variables, network and
   * limits. Only the local platform can do this; the Skaha API of real servers cannot.
   *
   * @param id - as returned by `create` or `fetch`
   * @param options - the command, a terminal for it, signal and timeout; the time is for any silence
   *   of the server, not of the command
   * @returns the command while it runs
   * @throws {SkahaError} `session.exec_unsupported` where the server has no such call,
   *   `session.not_found`, `session.not_ready` if the session is not running, `request.invalid`,
   *   `request.rejected` if the platform cannot run commands in sessions
   * @example
   * ```ts
   * import { SkahaClient } from 'skaha';
   *
   * await using skaha = new SkahaClient({ context: 'local' });
   * const running = await skaha.sessions.exec('ab12cd34', { command: ['ls', '-l'] });
   * for await (const { bytes } of running.output()) process.stdout.write(bytes);
   * console.log(running.status);
   * ```
   */
  async exec(id: string, options: ExecOptions): Promise<RunningCommand> {
    const { execInSession } = await import('./exec.js');
    return execInSession(coreOf(this), id, options);
  }

  /**
   * Lists the events of sessions: scheduling, pulling images, failures.
   *
   * @param ids - as returned by `create` or `fetch`
   * @param options - signal and timeout
   * @returns the events of each id, in order; none while a session waits in a queue
   * @throws {SkahaError} `session.not_found`, `partial.failure`, `request.invalid`
   */
  async events(ids: readonly string[], options: CallOptions = {}): Promise<SessionEvents[]> {
    return eachSession(coreOf(this), ids, options, 'read the events of', readEvents);
  }

  /**
   * Finds out why sessions wait or have failed, by their events. It is only additional information,
   * so a session whose events cannot be read is left out, as is one without events.
   *
   * @param ids - as returned by `create` or `fetch`
   * @param options - signal and timeout
   * @returns the reasons by id
   * @throws {SkahaError} `request.aborted`
   * @example
   * ```ts
   * import { SkahaClient } from 'skaha';
   *
   * await using skaha = new SkahaClient();
   * const pending = await skaha.sessions.fetch({ status: 'Pending' });
   * const reasons = await skaha.sessions.reasons(pending.map(({ id }) => id));
   * for (const { id, name } of pending) console.log(name, reasons.get(id)?.message);
   * ```
   */
  async reasons(
    ids: readonly string[],
    options: CallOptions = {},
  ): Promise<ReadonlyMap<string, SessionReason>> {
    const { readReasons } = await import('./reasons.js');
    return readReasons(coreOf(this), ids, options);
  }

  /**
   * Follows the events of a session until it ends. After a temporary failure it goes on.
   *
   * @param id - as returned by `create` or `fetch`
   * @param options - interval and signal
   * @returns after each poll that found something, what is new: events, in the order in which
   *   they happened, that were added or have happened again, and new lines of the server's table
   * @throws {SkahaError} `session.not_found`, `request.aborted`, and what does not pass
   * @example
   * ```ts
   * import { SkahaClient } from 'skaha';
   *
   * await using skaha = new SkahaClient();
   * for await (const { events } of skaha.sessions.followEvents('ab12cd34'))
   *   for (const { reason, message } of events) console.log(reason, message);
   * ```
   */
  async *followEvents(id: string, options: PollOptions = {}): AsyncGenerator<SessionEvents, void> {
    const { followEvents } = await import('./follow-events.js');
    yield* followEvents(coreOf(this), id, options);
  }

  /**
   * Returns how busy the platform is.
   *
   * @param options - signal and timeout
   * @returns cores and memory: requested, in total and free
   * @throws {SkahaError} `server.unavailable` if the platform does not know its load
   */
  async stats(options: CallOptions = {}): Promise<PlatformStats> {
    return readLoad(coreOf(this), options);
  }

  /**
   * Launches sessions. It checks names, sizes and the command before it sends anything.
   *
   * A launch is sent again only if no byte of it can have reached the server. If a reply is lost,
   * the library checks whether the session exists and reports the result. If you cancel the call,
   * launches in progress get two seconds to finish, so that their ids are not lost.
   *
   * @param options - what to launch
   * @returns ids and names in the order of the replicas
   * @throws {ValidationError} `request.invalid`, listing everything that is wrong
   * @throws {PartialError} `partial.failure`, if some of several replicas were launched
   * @throws {SkahaError} `request.rejected`, `quota.exceeded`, `session.outcome_unknown`
   * @example
   * ```ts
   * import { SkahaClient } from 'skaha';
   *
   * const { ids } = await new SkahaClient().sessions.create({
   *   name: 'reduce',
   *   image: 'skaha/astroml:latest',
   *   cmd: 'python',
   *   args: ['reduce.py'],
   *   replicas: 8,
   * });
   * console.log(ids);
   * ```
   */
  async create(options: CreateOptions): Promise<CreateResult> {
    return createSessions(coreOf(this), options);
  }

  /**
   * Extends the life of running sessions. Their new expiry is their full lifetime from now, if that
   * is later than the old one.
   *
   * @param ids - as returned by `create` or `fetch`
   * @param options - signal and timeout
   * @returns old and new end of each, in order
   * @throws {SkahaError} `session.not_ready`, `session.not_found`, `partial.failure`
   */
  async renew(ids: readonly string[], options: CallOptions = {}): Promise<RenewedSession[]> {
    return eachSession(coreOf(this), ids, options, 'renew', renewSession, true);
  }

  /**
   * Deletes sessions. Each is looked up first, because servers report success even for sessions
   * that do not exist.
   *
   * @param ids - as returned by `create` or `fetch`
   * @param options - signal and timeout; `onDestroyed` is called for each immediately
   * @returns what was deleted, in order
   * @throws {SkahaError} `session.not_found`, `partial.failure`, `request.invalid`
   */
  async destroy(ids: readonly string[], options: DestroyOptions = {}): Promise<DestroyedSession[]> {
    const { destroySessions } = await import('./destroy.js');
    return destroySessions(coreOf(this), ids, options);
  }

  /**
   * Deletes the sessions whose names begin with a prefix or match a pattern, or all of them.
   *
   * @param options - exactly one of `prefix`, `pattern` and `all`; `kind` and `status` narrow it
   *   down; `dryRun` only finds them
   * @returns what matched and what was deleted
   * @throws {SkahaError} `partial.failure`, `request.invalid`
   * @example
   * ```ts
   * import { SkahaClient } from 'skaha';
   *
   * await using skaha = new SkahaClient();
   * await skaha.sessions.destroyWith({ prefix: 'reduce-', status: 'Completed' });
   * ```
   */
  async destroyWith(options: DestroyWithOptions): Promise<DestroyWithResult> {
    const { destroyMatching } = await import('./destroy.js');
    return destroyMatching(coreOf(this), options);
  }

  /**
   * Returns the addresses at which to open sessions in a browser.
   *
   * @param ids - as returned by `create` or `fetch`
   * @param options - `wait` waits until they run
   * @returns one address for each id, in order
   * @throws {SkahaError} `session.not_ready` if it is not running or has no page,
   *   `session.not_found`, `session.failed`, `wait.timeout`, `partial.failure`
   */
  async connect(
    ids: readonly string[],
    options: ConnectOptions = {},
  ): Promise<ConnectableSession[]> {
    const { connectSessions } = await import('./connect.js');
    return connectSessions(coreOf(this), ids, options);
  }

  /**
   * Asks for a link that opens the page of a session in a browser. The local platform makes one that
   * works once, needs no certificate, and logs the browser in to the page; other servers are not
   * asked, and the address itself is the answer.
   *
   * @param session - as returned by `connect`
   * @param options - signal and timeout
   * @returns the link, for the user of this machine only
   * @throws {SkahaError} `session.not_found`, `authentication.required` and others
   * @example
   * ```ts
   * import { SkahaClient } from 'skaha';
   *
   * await using skaha = new SkahaClient({ context: 'local' });
   * for (const session of await skaha.sessions.connect(['ab12cd34'], { wait: true }))
   *   console.log((await skaha.sessions.pageLink(session)).url);
   * ```
   */
  async pageLink(
    session: Pick<ConnectableSession, 'id' | 'url'>,
    options: CallOptions = {},
  ): Promise<PageLink> {
    const { requestPageLink } = await import('./connect.js');
    return requestPageLink(coreOf(this), session, options);
  }

  /**
   * Waits until sessions are running, have finished, are deleted or have expired, or have a certain
   * status.
   *
   * @param ids - as returned by `create` or `fetch`
   * @param options - what to wait for, for how long, and how often to poll
   * @returns the last known state of the sessions that reached it, in order; with `until:
   *   'deleted'`, of those that were ever seen
   * @throws {SkahaError} `wait.timeout`, `session.failed` if one can no longer reach it,
   *   `session.not_found`, `request.aborted`
   * @example
   * ```ts
   * import { SkahaClient } from 'skaha';
   *
   * await using skaha = new SkahaClient();
   * await skaha.sessions.wait(['ab12cd34'], { until: 'finished', timeoutMs: 3_600_000 });
   * ```
   */
  async wait(ids: readonly string[], options: WaitOptions): Promise<SessionInfo[]> {
    const { waitForSessions } = await import('./wait.js');
    return waitForSessions(coreOf(this), ids, options);
  }

  /**
   * Watches sessions. It yields each session when first seen, whenever its status or times change,
   * and when it is gone. Leave the loop to stop watching.
   *
   * @param ids - watches these until all have ended; if omitted, watches all your sessions and
   *   never ends
   * @param options - interval and signal
   * @returns changes in the order they were seen
   * @throws {SkahaError} `session.not_found` at the start, `request.aborted`
   * @example
   * ```ts
   * import { SkahaClient } from 'skaha';
   *
   * await using skaha = new SkahaClient();
   * for await (const { id, status } of skaha.sessions.watch(['ab12cd34'])) console.log(id, status);
   * ```
   */
  async *watch(
    ids?: readonly string[],
    options: PollOptions = {},
  ): AsyncGenerator<SessionChange, void> {
    const { watchSessions } = await import('./watch.js');
    yield* watchSessions(coreOf(this), ids, options);
  }

  /**
   * Follows the log of a session, line by line, until the session ends. Each poll is one request,
   * only for the new part if the server supports ranges. After a temporary failure the log
   * continues where it stopped.
   *
   * @param id - as returned by `create` or `fetch`
   * @param options - where to begin, interval and signal
   * @returns lines with their line ends; one without is the last, or goes on in the next: what is
   *   drawn again and again after a carriage return, and an unfinished line that does not grow
   * @throws {SkahaError} `session.not_found`, `request.aborted`, and what does not pass
   * @example
   * ```ts
   * import { SkahaClient } from 'skaha';
   *
   * await using skaha = new SkahaClient();
   * for await (const line of skaha.sessions.follow('ab12cd34')) process.stdout.write(line);
   * ```
   */
  follow(id: string, options: FollowOptions = {}): AsyncGenerator<string, void> {
    return followLog(coreOf(this), id, options);
  }

  /**
   * Follows the log of a session byte by byte, in the pieces in which it arrives. Use it for logs
   * that are very long or not text. Otherwise it is like {@link Session.follow}.
   *
   * @param id - as returned by `create` or `fetch`
   * @param options - where to begin, interval and signal
   * @returns pieces of any length, in order
   * @throws {SkahaError} `session.not_found`, `request.aborted`, and what does not pass
   * @example
   * ```ts
   * import { SkahaClient } from 'skaha';
   *
   * await using skaha = new SkahaClient();
   * for await (const piece of skaha.sessions.followBytes('ab12cd34')) process.stdout.write(piece);
   * ```
   */
  followBytes(
    id: string,
    options: Omit<FollowOptions, 'encoding'> = {},
  ): AsyncGenerator<Uint8Array, void> {
    return followLogBytes(coreOf(this), id, options);
  }
}
