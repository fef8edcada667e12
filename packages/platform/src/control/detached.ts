import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type DataLayout, dataLayout, prepareData, readIfPresent } from '@skaha/service/data.js';
import { PlatformError, type PlatformErrorCode } from '@skaha/service/errors.js';
import { checkAddress } from '../store.js';
import type { PlatformDescription } from '../types.js';
import { describeQuickly } from './client.js';

const startTimeoutMs = 30_000;
/** How long a process whose start failed may take to end. */
const endTimeoutMs = 5_000;

/** Options of a platform in a process of its own. */
export interface DetachedOptions {
  /** State directory. @default as for `startPlatform` */
  data?: string | undefined;
  /** Port on the loopback address; 0 for any free one. */
  port?: number | undefined;
  /** Name of the main user. */
  user?: string | undefined;
  /** Path of a YAML file. */
  config?: string | undefined;
  /** Reproduces the oddities of the real server. @default as configured */
  strict?: boolean | undefined;
  /** Versions of the API to serve. */
  apiVersions?: readonly ('v0' | 'v1')[] | undefined;
  /** Faults from the start, such as `slow,delayMs=500`. */
  faults?: readonly string[] | undefined;
  /** The runner of sessions. @default as configured, otherwise `auto` */
  runner?: string | undefined;
  /** Address of a PostgreSQL database for the state. @default as configured */
  store?: string | undefined;
  /** Cancels the start and ends the process. */
  signal?: AbortSignal | undefined;
}

/** What a detached platform sends to the process that started it, once. */
export type DetachedMessage =
  | { readonly type: 'ready' }
  | {
      readonly type: 'failed';
      readonly code: PlatformErrorCode;
      readonly message: string;
      readonly hint: string | undefined;
    };

/** Variables that a platform needs; others may contain secrets and are not passed on. */
const passedOn = [
  'DOCKER_HOST',
  'HOME',
  // How the kubernetes runner finds its cluster; its credential programs read files.
  'KUBECONFIG',
  'KUBERNETES_SERVICE_HOST',
  'KUBERNETES_SERVICE_PORT',
  'LANG',
  'LC_ALL',
  'LOGNAME',
  'PATH',
  // The address and password of PostgreSQL, which are not passed on to sessions.
  'PGCONNECT_TIMEOUT',
  'PGDATABASE',
  'PGHOST',
  'PGPASSFILE',
  'PGPASSWORD',
  'PGPORT',
  'PGSSLCERT',
  'PGSSLKEY',
  'PGSSLMODE',
  'PGSSLROOTCERT',
  'PGUSER',
  'TMPDIR',
  'TZ',
  'USER',
  'XDG_DATA_HOME',
  'XDG_RUNTIME_DIR',
];

/**
 * Most objects of a platform live for one request. By default Node reserves 32 MB for these, and
 * lets garbage grow to three times the size of what is in use. The image in container/platform has
 * the same; `detached.test.ts` compares them.
 */
export const smallHeap = ['--max-semi-space-size=2', '--heap-growing-percent=60'];

/**
 * Starts a platform in a process of its own that continues when this one ends. Its log is in {@link
 * platformLogFile}.
 *
 * @param options - as for `startPlatform`, as far as they can be passed to another process
 * @returns its description, once it answers
 * @throws {PlatformError} like `startPlatform`, or `platform.start_failed` with the end of its log
 * @example
 * ```ts
 * import { startDetached, stopPlatform } from 'skaha-platform';
 *
 * const { url, tokenFile } = await startDetached({ data: './platform-state' });
 * console.log(url, tokenFile);
 * await stopPlatform({ data: './platform-state' });
 * ```
 */
export async function startDetached(options: DetachedOptions = {}): Promise<PlatformDescription> {
  const { signal, ...handed } = options;
  signal?.throwIfAborted();
  const layout = dataLayout(options.data);
  // Checked before it is visible in the arguments of a process.
  if (options.store !== undefined) await checkAddress(options.store);
  if ((await describeQuickly(layout.root)) !== undefined) {
    throw new PlatformError(
      'platform.already_running',
      `A platform already runs on ${layout.root}.`,
      {
        hint: "Use it, or stop it first: 'skaha platform stop'",
      },
    );
  }
  prepareData(layout);
  const child = spawnServer(layout, { ...handed, data: layout.root });
  try {
    await untilReady(layout, child, signal);
    const description = await describeQuickly(layout.root);
    if (description === undefined) throw failed(layout, 'it does not answer');
    return description;
  } catch (error) {
    // Otherwise the process would be left behind unnoticed.
    await end(child);
    throw error;
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
  }
}

function spawnServer(layout: DataLayout, options: Omit<DetachedOptions, 'signal'>): ChildProcess {
  const log = openSync(layout.log, 'a', 0o600);
  const child = spawn(process.execPath, [...smallHeap, entry(), JSON.stringify(options)], {
    cwd: layout.root,
    detached: true,
    env: Object.fromEntries(
      passedOn.flatMap((name) =>
        process.env[name] === undefined ? [] : [[name, process.env[name]]],
      ),
    ),
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  return child;
}

async function untilReady(
  layout: DataLayout,
  child: ChildProcess,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { timeout, clear } = startTimeout(layout);
  const givingUp = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  await new Promise<void>((resolve, reject) => {
    child.once('message', (message: DetachedMessage) => {
      if (message.type === 'ready') resolve();
      else reject(new PlatformError(message.code, message.message, { hint: message.hint }));
    });
    child.once('error', (error) => reject(failed(layout, 'it cannot be run', error)));
    child.once('exit', (code, name) => reject(failed(layout, `it ended with ${name ?? code}`)));
    const stop = () =>
      reject(signal?.aborted === true ? signal.reason : failed(layout, 'it took too long'));
    if (givingUp.aborted) stop();
    givingUp.addEventListener('abort', stop, { once: true });
  }).finally(clear);
}

/** Reading very many sessions from a database may take longer, as long as there is progress. */
function startTimeout({ workingCopy }: DataLayout) {
  const giveUp = new AbortController();
  const size = () => statSync(workingCopy, { throwIfNoEntry: false })?.size;
  let before = size();
  const timer = setInterval(() => {
    const now = size();
    if (now === before) giveUp.abort();
    before = now;
  }, startTimeoutMs);
  return { timeout: giveUp.signal, clear: () => clearInterval(timer) };
}

/** Ends a process whose start failed, and waits until it has ended. */
async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const tooLong = setTimeout(() => child.kill('SIGKILL'), endTimeoutMs);
  await ended;
  clearTimeout(tooLong);
}

/** The program of the process: next to this file, or in the build when run from source. */
function entry(): string {
  const candidates = ['../server.js', '../../dist/server.js'];
  const paths = candidates.map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const found = paths.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new PlatformError('platform.start_failed', 'The platform is not built.', {
    hint: 'Build it first: npm run build',
  });
}

function failed(layout: DataLayout, reason: string, cause?: unknown): PlatformError {
  const lines = (readIfPresent(layout.log) ?? '').trimEnd().split('\n').slice(-5).join('\n');
  const detail = lines === '' ? '' : ` The end of its log:\n${lines}`;
  return new PlatformError(
    'platform.start_failed',
    `The platform did not start: ${reason}.${detail}`,
    {
      hint: `See the complete log in ${layout.log}`,
      cause,
    },
  );
}
