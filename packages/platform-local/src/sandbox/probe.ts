import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Mount } from '../mounts.js';
import { probeNetwork } from '../network/probe.js';
import { findProgram, fixedEnvironment, isRoot, systemPath } from '../processes/programs.js';
import {
  binds,
  dropArguments,
  lastArguments,
  type SandboxTools,
  separationArguments,
} from './arguments.js';
import { homesHere, ownPrograms, systemArguments, whatIsShown } from './shown.js';

const run = promisify(execFile);
const probeMs = 10_000;

/** What sandboxes are made with here, or why there can be none and what would help. */
export type SandboxProbe = { readonly tools: SandboxTools } | { readonly obstacle: string };

/** Finds out, by making one, whether sandboxes can be made here. */
export async function probeSandbox(signal?: AbortSignal): Promise<SandboxProbe> {
  if (process.platform !== 'linux') return { obstacle: 'sandboxes need Linux' };
  const bwrap = findProgram('bwrap');
  if (bwrap === undefined) return { obstacle: notInstalled };
  const setpriv = isRoot()
    ? (findProgram('setpriv') ?? findProgram('setpriv', systemPath))
    : undefined;
  if (isRoot() && setpriv === undefined) return { obstacle: noSetpriv };
  const tools = { bwrap, setpriv, disablesUsers: true };
  const networks = probeNetwork(bwrap, signal);
  networks.catch(() => undefined);
  const obstacle = await tryOne(tools, signal);
  if (obstacle === undefined) return { tools: { ...tools, network: await networks } };
  // Bubblewrap before 0.8 does not know it, and an old kernel may not have it.
  const less = { ...tools, disablesUsers: false };
  return obstacle.includes('disable-userns') && (await tryOne(less, signal)) === undefined
    ? { tools: { ...less, network: await networks } }
    : { obstacle };
}

const notInstalled = 'bubblewrap is not installed (for example: sudo apt-get install bubblewrap)';
const noSetpriv = 'root needs the command setpriv (package util-linux)';

/**
 * Finds out, by making a sandbox with them, whether mounts can be made.
 *
 * @returns why they cannot; undefined when they can
 */
export async function mountsObstacle(
  tools: SandboxTools,
  mounts: readonly Mount[],
  signal?: AbortSignal,
): Promise<string | undefined> {
  // What is not there now may be there when a session starts, which is refused otherwise.
  const there = mounts.filter(({ source }) => existsSync(source));
  return there.length === 0 ? undefined : await tryOne(tools, signal, there);
}

async function tryOne(
  tools: SandboxTools,
  signal: AbortSignal | undefined,
  mounts: readonly Mount[] = [],
): Promise<string | undefined> {
  const uid = 61_000;
  const shown = whatIsShown(homesHere());
  const words = [
    ...separationArguments(true, uid, tools),
    ...systemArguments(shown),
    ...binds([...(await ownPrograms(shown, tools)), ...mounts]),
    ...lastArguments,
    '--',
    ...dropArguments(uid, tools),
    '/bin/sh',
    '-c',
    ':',
  ];
  try {
    const options = { timeout: probeMs, killSignal: 'SIGKILL', signal, cwd: '/' } as const;
    await run(tools.bwrap, words, { ...options, env: fixedEnvironment });
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    return reasonOf(error);
  }
}

/** Why no sandbox can be made here; undefined when one can. */
export async function sandboxObstacle(signal?: AbortSignal): Promise<string | undefined> {
  const found = await probeSandbox(signal);
  return 'obstacle' in found ? found.obstacle : undefined;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const words = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim() : '';
  const [first] = words.split('\n');
  return `bubblewrap cannot make a sandbox here: ${first || error.message}`;
}
