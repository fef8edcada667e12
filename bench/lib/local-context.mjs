// @ts-check
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/lib/root.mjs';
import { plainEnvironment } from './programs.mjs';

/** The command, as it is installed. */
export const command = join(root, 'packages/client/bin/skaha.js');

/** @typedef {{url: string, ca: string, socket: string, tokenFile: string}} LocalPlatform */

/**
 * The environment of a command whose context is a platform of this machine, as `skaha platform
 * start` leaves it: asked over its socket.
 *
 * @param {string} home - a folder of its own
 * @param {LocalPlatform} platform
 */
export function localEnvironment(home, { url, ca, socket, tokenFile }) {
  const config = join(home, 'config.yaml');
  writeFileSync(
    config,
    `schema: skaha
version: 1
active: local
contexts:
  local:
    server: local
    credential: local
servers:
  local:
    url: ${url}
    version: v1
    ca: ${ca}
    socket: ${socket}
credentials:
  local:
    mode: token
    path: ${tokenFile}
`,
    { mode: 0o600 },
  );
  const caches = { XDG_CACHE_HOME: join(home, '.cache'), XDG_STATE_HOME: join(home, '.state') };
  return { ...plainEnvironment(), HOME: home, SKAHA_CONFIG: config, ...caches };
}
