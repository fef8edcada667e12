import { EntryRefused, NotThere } from '@skaha/engine/ports/runner.js';
import { findProgram, systemPath } from '../programs.js';
import { dropArguments, type SandboxTools } from './arguments.js';

/**
 * Leads a further command into a sandbox that is there: into all its spaces, and then to the rights
 * of the session, which are none.
 *
 * @param inner - process number of the first process in the sandbox
 * @param uid - whom the session runs as
 * @throws {EntryRefused} where this machine lacks what it takes
 */
export function gateArguments(
  inner: number | undefined,
  uid: number,
  tools: SandboxTools,
): string[] {
  if (inner === undefined) throw new NotThere('its sandbox is not there');
  const nsenter = findProgram('nsenter', systemPath);
  const setpriv = tools.setpriv ?? findProgram('setpriv', systemPath);
  if (nsenter === undefined || setpriv === undefined) {
    throw new EntryRefused('this machine lacks nsenter and setpriv (util-linux)');
  }
  const enter = [nsenter, '--target', String(inner), '--all'];
  // Who made the sandbox without being root has all rights in it until the next program starts.
  if (tools.setpriv === undefined) {
    return [...enter, '--preserve-credentials', '--', setpriv, '--no-new-privs', '--'];
  }
  return [...enter, '--', ...dropArguments(uid, tools)];
}
