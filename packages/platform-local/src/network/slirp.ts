import { Readable } from 'node:stream';
import { spawnProgram, unrefChild } from '../processes/spawn.js';
import { untilReady } from '../processes/until-ready.js';
import { outerInterface, type UserNetwork } from './user-network.js';

const patienceMs = 10_000;

/** The address of the name server for a session with slirp4netns. */
export const nameServer = '10.0.2.3';

/**
 * Connects a network to the outside of this machine, but not to the machine's own loopback address.
 *
 * @param slirp - absolute path of slirp4netns
 * @param before - what precedes it on its command line, so that its traffic counts as the session's
 * @param environment - the mark by which it is recognised
 * @returns a function that ends it
 * @throws if it cannot start
 */
export async function startSlirp(
  slirp: string,
  { net, user }: UserNetwork['paths'],
  before: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<() => void> {
  const owner = user === undefined ? [] : [`--userns-path=${user}`];
  const options = ['--configure', '--mtu=65520', '--disable-host-loopback', '--ready-fd=3'];
  const child = spawnProgram(
    [...before, slirp, ...options, '--netns-type=path', ...owner, net, outerInterface],
    ['ignore', 'ignore', 'pipe', 'pipe'],
    environment,
  );
  const [, , , ready] = child.stdio;
  try {
    await untilReady(child, {
      patienceMs,
      stream: ready instanceof Readable ? ready : undefined,
      isReady: () => true,
    });
  } finally {
    unrefChild(child);
  }
  return () => void child.kill('SIGKILL');
}
