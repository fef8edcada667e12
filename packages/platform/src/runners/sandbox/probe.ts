import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  dropArguments,
  type SandboxFeatures,
  separationArguments,
  systemArguments,
} from './arguments.js';

const run = promisify(execFile);
const probeMs = 10_000;

/** What sandboxes can do here, or why there can be none and what would help. */
export type SandboxProbe = { readonly features: SandboxFeatures } | { readonly obstacle: string };

/** Finds out, by making one, whether sandboxes can be made here. */
export async function probeSandbox(signal?: AbortSignal): Promise<SandboxProbe> {
  if (process.platform !== 'linux') return { obstacle: 'sandboxes need Linux' };
  const features = { disablesUsers: true };
  const obstacle = await tryOne(features, signal);
  if (obstacle === undefined) return { features };
  // Bubblewrap before 0.8 does not know it, and an old kernel may not have it.
  const less = { disablesUsers: false };
  return obstacle.includes('disable-userns') && (await tryOne(less, signal)) === undefined
    ? { features: less }
    : { obstacle };
}

async function tryOne(
  features: SandboxFeatures,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const drop = process.getuid?.() === 0;
  const uid = 61_000;
  const words = [
    ...separationArguments('none', uid, drop, features),
    ...systemArguments(),
    ...['--remount-ro', '/', '--'],
    ...(drop ? dropArguments(uid) : []),
    'true',
  ];
  try {
    await run('bwrap', words, { timeout: probeMs, killSignal: 'SIGKILL', signal });
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
  if ('code' in error && error.code === 'ENOENT') {
    return 'bubblewrap is not installed (for example: sudo apt-get install bubblewrap)';
  }
  const words = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim() : '';
  if (/execvp setpriv/.test(words)) return 'root needs the command setpriv (package util-linux)';
  const [first] = words.split('\n');
  return `bubblewrap cannot make a sandbox here: ${first || error.message}`;
}
