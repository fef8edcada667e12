import { commandLineSchema } from '@skaha/wire/session-command-schemas.js';
import {
  type CommandSignal,
  sessionCommandsId,
  sessionCommandsPath,
} from '@skaha/wire/session-commands.js';
import type { ClientCore } from '../client/core.js';
import type { CallOptions } from '../client/options.js';
import { checkIds } from '../client/url.js';
import { SkahaError, ValidationError } from '../errors/index.js';

/** The size of a terminal, in characters. */
export interface TerminalSize {
  columns: number;
  rows: number;
}

/** How to run a command in a running session. */
export interface ExecOptions extends CallOptions {
  /** Command and arguments; no shell reads them. */
  command: readonly string[];
  /** The app id, to run the command in a desktop app instead of the desktop itself. */
  appId?: string | undefined;
  /**
   * The size of its terminal, 1 to 1000 on each side, and the terminal type (`TERM`).
   * @defaultValue none: plain streams
   */
  terminal?: (TerminalSize & { type?: string | undefined }) | undefined;
}

/** A piece of output of a command. */
export interface ExecOutput {
  /** With a terminal all of it is `stdout`. */
  stream: 'stdout' | 'stderr';
  bytes: Uint8Array;
}

/** Longest piece of input in one request, before Base64. */
const pieceBytes = 128 * 1024;

/** How long it is remembered what a server offers, in milliseconds. */
const rememberMs = 600_000;

const unsupported = (): SkahaError =>
  new SkahaError(
    'session.exec_unsupported',
    'This server cannot run another command in a session.',
    {
      hint: "The Skaha API has no such call; only the local platform does. Open the page of the session with 'skaha open', or launch the command in a separate session: it has the same files.",
    },
  );

/** A command that is running in a session. If you stop reading its output, it ends. */
export interface RunningCommand {
  /** Its exit status, 128 and more for a signal; undefined before the end of its output. */
  readonly status: number | undefined;
  /**
   * Yields its output as it arrives. Read it once; if you stop reading, the command ends.
   *
   * @throws {SkahaError} `transport.failure` if the connection breaks before its end
   */
  output(): AsyncGenerator<ExecOutput, void>;
  /** Sends it input; resolves when the command has read it. Input after its end is dropped. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends its input. */
  endInput(): Promise<void>;
  /** Changes the size of its terminal; does nothing if it has none. */
  resize(size: TerminalSize): Promise<void>;
  /** Sends it a signal. */
  signal(name: CommandSignal): Promise<void>;
}

class SessionCommand implements RunningCommand {
  readonly #core: ClientCore;
  readonly #id: string;
  readonly #lines: AsyncGenerator<unknown, void>;
  readonly #session: string;
  #exit: number | undefined;
  /** What is sent goes in order, one at a time. */
  #sending: Promise<unknown> = Promise.resolve();

  constructor(core: ClientCore, session: string, id: string, lines: AsyncGenerator<unknown, void>) {
    this.#core = core;
    this.#session = session;
    this.#id = id;
    this.#lines = lines;
  }

  get status(): number | undefined {
    return this.#exit;
  }

  async *output(): AsyncGenerator<ExecOutput, void> {
    for await (const line of this.#lines) {
      const { data } = commandLineSchema.safeParse(line);
      if (data === undefined) throw unreadable();
      if ('out' in data) yield { stream: 'stdout', bytes: bytesOf(data.out) };
      else if ('err' in data) yield { stream: 'stderr', bytes: bytesOf(data.err) };
      else if ('exit' in data) this.#exit = data.exit;
    }
    if (this.#exit !== undefined) return;
    throw new SkahaError('transport.failure', 'The connection to the command broke.', {
      hint: 'The platform may have been stopped; the command was ended.',
    });
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      await this.#send({ input: base64(bytes.subarray(at, at + pieceBytes)) });
    }
  }

  async endInput(): Promise<void> {
    await this.#send({ end: true });
  }

  async resize({ columns, rows }: TerminalSize): Promise<void> {
    await this.#send({ size: { columns, rows } });
  }

  async signal(name: CommandSignal): Promise<void> {
    await this.#send({ signal: name });
  }

  async #send(change: object): Promise<void> {
    const before = this.#sending;
    const sent = before.then(() =>
      this.#core.request({
        method: 'POST',
        base: 'root',
        path: [sessionCommandsPath, this.#id],
        body: JSON.stringify(change),
        headers: json,
        retry: 'never',
        id: this.#session,
      }),
    );
    this.#sending = sent.catch(() => undefined);
    await sent.catch((error: unknown) => {
      // It may have ended by itself.
      if (!(error instanceof SkahaError && error.status === 404)) throw error;
    });
  }
}

const json = { 'content-type': 'application/json' };

const unreadable = () =>
  new SkahaError('response.invalid', 'The server described the command in an unknown way.');

const bytesOf = (text: string): Uint8Array =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return btoa(text);
}

/** Whether the server says that it can. */
async function isOffered(core: ClientCore, { signal, timeoutMs }: CallOptions): Promise<boolean> {
  return await core.remember('session-commands', rememberMs, async () => {
    const reply = await core.request({
      method: 'GET',
      path: ['capabilities'],
      base: 'root',
      anonymous: true,
      accept: 'application/xml, text/xml',
      signal,
      timeoutMs,
    });
    return reply.text().includes(`"${sessionCommandsId}"`);
  });
}

/** Begins a further command in a session. */
export async function execInSession(
  core: ClientCore,
  id: string,
  { command, appId, terminal, signal, timeoutMs }: ExecOptions,
): Promise<RunningCommand> {
  checkIds([id], 'id');
  if (command.length === 0 || command.some((word) => word.includes('\0'))) {
    const message = 'command must have at least one word, and no word may contain a NUL.';
    throw new ValidationError([{ path: 'command', message }]);
  }
  if (!(await isOffered(core, { signal, timeoutMs }))) throw unsupported();
  const size = terminal && { type: 'xterm-256color', ...terminal };
  const reply = await core.open({
    method: 'POST',
    base: 'root',
    path: [sessionCommandsPath],
    headers: json,
    id,
    body: JSON.stringify({ session: id, app: appId, command, terminal: size }),
    accept: 'application/x-ndjson',
    retry: 'never',
    signal,
    timeoutMs,
    isEndless: true,
  });
  const lines = linesOf(reply.body);
  const first = commandLineSchema.safeParse((await lines.next()).value).data;
  if (first === undefined || !('command' in first)) {
    await lines.return();
    throw unreadable();
  }
  return new SessionCommand(core, id, first.command, lines);
}

/** One JSON value a line. */
async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<unknown, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) yield parsed(part);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unreadable();
  }
}
