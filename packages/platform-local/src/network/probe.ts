import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { reasonOf } from '@skaha/service/errors.js';
import { findProgram, fixedEnvironment, systemPath } from '../processes/programs.js';
import { startSlirp } from './slirp.js';
import type { NetworkTools } from './user-network.js';
import { joinWords, keepWords, UserNetwork } from './user-network.js';

const run = promisify(execFile);
const probeMs = 10_000;

/** How the sessions of a user can reach each other here, best first. */
function candidates(bwrap: string | undefined): NetworkTools[] {
  const [nsenter, unshare, ip] = ['nsenter', 'unshare', 'ip'].map((name) =>
    findProgram(name, systemPath),
  );
  if (nsenter === undefined) return [];
  const shared = bwrap === undefined ? [] : [{ kind: 'shared', nsenter, bwrap } as const];
  if (unshare === undefined || ip === undefined) return shared;
  return [{ kind: 'bridge', nsenter, unshare, ip }, ...shared];
}

/**
 * Finds out, by making one, what networks the sessions of a user can have here.
 *
 * @param bwrap - absolute path of bubblewrap; without it, only networks where each session has its
 *   own are found
 * @param signal - gives up the attempt
 * @returns undefined when there can be none: then each session has only itself
 */
export async function probeNetwork(
  bwrap: string | undefined,
  signal?: AbortSignal,
): Promise<NetworkTools | undefined> {
  for (const tools of candidates(bwrap)) {
    if (!(await works(tools, signal))) continue;
    return tools.kind === 'bridge' ? { ...tools, ...(await wayFor(tools, signal)) } : tools;
  }
  return undefined;
}

/** What can lead a network to the world beyond, tried on one; or why nothing can. */
async function wayFor(
  tools: NetworkTools,
  signal: AbortSignal | undefined,
): Promise<{ readonly slirp: string } | { readonly noWay: string }> {
  const slirp = findProgram('slirp4netns', systemPath);
  if (slirp === undefined) return { noWay: 'slirp4netns is not installed' };
  let network: UserNetwork | undefined;
  try {
    network = await UserNetwork.make(tools, signal);
    const end = await startSlirp(slirp, network.paths);
    end();
    return { slirp };
  } catch (error) {
    signal?.throwIfAborted();
    return { noWay: `slirp4netns does not work here (${reasonOf(error)})` };
  } finally {
    network?.close();
  }
}

async function works(tools: NetworkTools, signal: AbortSignal | undefined): Promise<boolean> {
  let network: UserNetwork | undefined;
  try {
    network = await UserNetwork.make(tools, signal);
    // As with a session: what joins has a parent that is in the network of the user.
    const join = [...joinWords(tools, '10.244.0.1'), '/bin/sh', '-c', ':'];
    const words = [...network.entrance(tools), ...keepWords, ...join];
    const [file = '', ...rest] = words;
    const options = { timeout: probeMs, killSignal: 'SIGKILL', signal, cwd: '/' } as const;
    await run(file, rest, { ...options, env: fixedEnvironment });
    return true;
  } catch {
    signal?.throwIfAborted();
    return false;
  } finally {
    network?.close();
  }
}
