import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import { parseJson } from '@skaha/base/json.js';
import { readBody } from '@skaha/service/body.js';
import { empty, handled, methodNotAllowed, type Reply } from '@skaha/service/reply.js';
import type { CommandLine } from '@skaha/wire/session-command-schemas.js';
import { sessionCommandsPath } from '@skaha/wire/session-commands.js';
import type * as z from 'zod/mini';
import { type Entry, EntryRefused } from '../ports/runner.js';
import type { SessionRecord } from '../sessions/record.js';
import { Refusal } from '../sessions/refusal.js';
import { identify } from './authentication.js';
import type { Site } from './site.js';

/** How many commands may run in a session at the same time, and for a user. */
const limits = { session: 16, user: 64 };

/** The largest bodies: of a command as long as commands may be, and of a piece of input. */
const maximumBytes = 512 * 1024;

/** The longest piece of output in one line, before Base64. */
const pieceBytes = 48 * 1024;

/** How often a line is sent for a command without output, so that the connection stays open. */
const aliveMs = 10_000;

const root = `/skaha/${sessionCommandsPath}`;

/** Whether an address is that of further commands. */
export const isCommandAddress = (pathname: string): boolean =>
  pathname === root || pathname.startsWith(`${root}/`);

interface Running {
  readonly owner: string;
  readonly key: string;
  readonly entry: Entry;
}

/**
 * Runs further commands in running sessions, for their owners. A page in a browser cannot do so:
 * cookies are not accepted here, and requests from browsers are refused by their headers.
 */
export class SessionCommands {
  readonly #site: Site;
  readonly #running = new Map<string, Running>();

  constructor(site: Site) {
    this.#site = site;
  }

  async answer(request: IncomingMessage, pathname: string): Promise<Reply> {
    if (request.method !== 'POST') return methodNotAllowed(request.method ?? '', ['POST']);
    const { headers } = request;
    if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) {
      return handled(403, 'Commands cannot be run from a page in a browser');
    }
    const caller = await identify(request, this.#site, this.#site.clock.now());
    if (caller.user === undefined || caller.by === 'cookie') return handled(401, 'Unauthorized');
    if (this.#site.identity.about(caller.user)?.access !== true) {
      return handled(403, 'Not authorized to use the skaha system');
    }
    const id = pathname.slice(root.length + 1);
    if (id !== '') return await this.#change(request, caller.user, id);
    return await this.#begin(request, caller.user);
  }

  /** Ends all running commands. */
  close(): void {
    for (const { entry } of this.#running.values()) entry.end();
  }

  async #begin(request: IncomingMessage, user: string): Promise<Reply> {
    const { commandRequestSchema } = await schemas();
    const { session, app, ...plan } = await read(request, commandRequestSchema);
    const { sessions } = this.#site.orchestrator;
    const record = sessions.find(user, app === undefined ? session : `${session}-${app}`);
    if (record === undefined || record.appId !== app) {
      throw new Refusal(404, `session ${session.slice(0, 40)} not found`);
    }
    if (record.life.phase !== 'running') {
      throw new Refusal(409, `session ${record.id} is not running: ${whyNot(record)}`);
    }
    this.#checkRoom(record);
    const id = randomBytes(16).toString('base64url');
    const entry = await this.#enter(record, plan);
    this.#running.set(id, { owner: user, key: record.key, entry });
    const lines = new PassThrough();
    const gone = new AbortController();
    lines.once('close', () => {
      gone.abort();
      this.#running.delete(id);
      entry.end();
    });
    void this.#sendLines(id, entry, lines, gone.signal).catch(() => lines.destroy());
    return {
      status: 200,
      body: '',
      content: { size: undefined, stream: lines },
      headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' },
    };
  }

  #checkRoom({ key, owner }: SessionRecord): void {
    const all = [...this.#running.values()];
    const count = (is: (one: Running) => boolean) => all.filter(is).length;
    if (
      count((one) => one.key === key) >= limits.session ||
      count((one) => one.owner === owner) >= limits.user
    ) {
      throw new Refusal(429, 'Too many commands are already running in sessions; end one of them');
    }
  }

  async #enter(record: SessionRecord, plan: Parameters<Site['orchestrator']['enter']>[1]) {
    try {
      return await this.#site.orchestrator.enter(record, plan);
    } catch (error) {
      if (!(error instanceof EntryRefused)) throw error;
      throw new Refusal(409, `No command can be run in session ${record.id}: ${error.message}`);
    }
  }

  async #sendLines(id: string, entry: Entry, lines: PassThrough, gone: AbortSignal): Promise<void> {
    const send = async (line: CommandLine) => {
      if (!lines.write(`${JSON.stringify(line)}\n`)) await once(lines, 'drain', { signal: gone });
    };
    const over = new AbortController();
    const alive = async () => {
      const until = AbortSignal.any([gone, over.signal]);
      for (;;) {
        await this.#site.clock.sleep(aliveMs, until);
        await send({ alive: true });
      }
    };
    await send({ command: id });
    void alive().catch(() => undefined);
    const sendAll = async (stream: Readable | undefined, line: (bytes: string) => CommandLine) => {
      if (stream === undefined) return;
      for await (const piece of piecesOf(stream)) await send(line(piece.toString('base64')));
    };
    await Promise.all([
      sendAll(entry.output, (out) => ({ out })),
      sendAll(entry.errors, (err) => ({ err })),
    ]);
    const exit = await entry.ended;
    over.abort();
    await send({ exit });
    lines.end();
  }

  async #change(request: IncomingMessage, user: string, id: string): Promise<Reply> {
    const running = this.#running.get(id);
    const { commandChangeSchema } = await schemas();
    const { input, end, size, signal } = await read(request, commandChangeSchema);
    if (running === undefined || running.owner !== user) throw new Refusal(404, 'it has ended');
    const { entry } = running;
    if (size !== undefined) await entry.resize(size);
    if (signal !== undefined) await entry.signal(signal);
    if (input !== undefined) await writeInput(entry, Buffer.from(input, 'base64'));
    if (end === true) entry.input.end();
    return empty(204);
  }
}

/** Why nothing can be run in a session. */
function whyNot({ life }: SessionRecord): string {
  if (life.phase === 'queued' || life.phase === 'starting') return 'it is waiting to start';
  return life.phase === 'completed' || life.phase === 'failed' ? 'it has ended' : 'it is ending';
}

/** Loaded with the first command. */
const schemas = () => import('@skaha/wire/session-command-schemas.js');

/** Waits until the command has read enough, so that nobody sends faster than that. */
async function writeInput({ input, ended }: Entry, bytes: Buffer): Promise<void> {
  if (input.writableEnded || input.destroyed || input.write(bytes)) return;
  await Promise.race([once(input, 'drain'), once(input, 'close'), ended]);
}

async function* piecesOf(stream: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream) {
      const bytes = Buffer.from(chunk);
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        yield bytes.subarray(at, at + pieceBytes);
      }
    }
  } catch {
    // Leftover processes may keep the streams open, which are closed when a command ends.
  }
}

async function read<Schema extends z.ZodMiniType>(
  request: IncomingMessage,
  schema: Schema,
): Promise<z.output<Schema>> {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    throw new Refusal(415, 'A command must be given as JSON');
  }
  const text = (await readBody(request, { bytes: maximumBytes })).toString('utf8');
  const found = schema.safeParse(parseJson(text));
  if (!found.success) throw new Refusal(400, 'This is not a command, nor a change to one');
  return found.data;
}
