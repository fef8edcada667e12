import { EntryRefused, NotThere } from '@skaha/engine/ports/runner.js';
import { findProgram, systemPath } from '../processes/programs.js';
import { dropArguments, type SandboxTools } from './arguments.js';

const withoutNetwork = ['user', 'mount', 'uts', 'ipc', 'pid', 'cgroup'].map((one) => `--${one}`);

/**
 * Leads a further command into a sandbox that is there: into all its spaces, and then to the rights
 * of the session, which are none.
 *
 * @param inner - process number of the first process in the sandbox
 * @param uid - whom the session runs as
 * @param outer - process number of its supervisor, when that is in a network of its user's
 * @throws {EntryRefused} where this machine lacks what it takes
 */
export function gateArguments(
  inner: number | undefined,
  uid: number,
  tools: SandboxTools,
  outer: number | undefined,
): string[] {
  if (inner === undefined) throw new NotThere('its sandbox does not exist');
  const nsenter = findProgram('nsenter', systemPath);
  const setpriv = tools.setpriv ?? findProgram('setpriv', systemPath);
  if (nsenter === undefined || setpriv === undefined) {
    throw new EntryRefused('this machine lacks nsenter and setpriv (util-linux)');
  }
  // A user other than root who made the sandbox has all rights in it until the next program starts.
  if (tools.setpriv === undefined) {
    const keep = ['--preserve-credentials', '--'];
    // The network is not the sandbox's own, and from inside the sandbox it may not be entered.
    const first =
      outer === undefined
        ? []
        : [nsenter, `--user=/proc/${outer}/ns/user`, `--net=/proc/${inner}/ns/net`, ...keep];
    const spaces = outer === undefined ? ['--all'] : withoutNetwork;
    const into = [nsenter, '--target', String(inner), ...spaces, ...keep];
    return [...first, ...into, setpriv, '--no-new-privs', '--'];
  }
  return [nsenter, '--target', String(inner), '--all', '--', ...dropArguments(uid, tools)];
}
