import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';

/**
 * True when the server of a socket counts processes as this one does: then a path below `/proc`
 * means the same to both. Where the socket was only lent to this process, as to a container or by a
 * virtual machine, it could mean the network of somebody else.
 *
 * @param socket - path of the socket; Linux only
 */
export function isListenerHere(socket: string): boolean {
  try {
    const own = readlinkSync('/proc/self/ns/pid');
    const opened = socketsAt(realpathSync(socket));
    if (opened.size === 0) return false;
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .some((pid) => holds(pid, opened) && readlinkSync(`/proc/${pid}/ns/pid`) === own);
  } catch {
    return false;
  }
}

/** What the descriptors of the server there lead to. */
function socketsAt(path: string): Set<string> {
  const lines = readFileSync('/proc/net/unix', 'utf8').split('\n');
  const found = lines.map((line) => /^\S+: (?:\S+ ){5}\s*(\d+) (.+)$/.exec(line) ?? []);
  return new Set(found.filter(([, , at]) => at === path).map(([, inode]) => `socket:[${inode}]`));
}

function holds(pid: string, sockets: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((descriptor) => {
      try {
        return sockets.has(readlinkSync(`/proc/${pid}/fd/${descriptor}`));
      } catch {
        return false;
      }
    });
  } catch {
    // It ended meanwhile.
    return false;
  }
}
