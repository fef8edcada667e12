import {
  accessSync,
  closeSync,
  existsSync,
  fchownSync,
  lchownSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { replaceFileSync } from '@skaha/base/private-file.js';
import {
  type Isolation,
  type Run,
  type RunNote,
  type RunnerParts,
  standInUid,
} from '@skaha/engine/ports/runner.js';
import { placeInside } from '@skaha/engine/ports/volumes.js';
import { reasonOf } from '@skaha/service/errors.js';
import { openLog } from '@skaha/service/held.js';
import { giveAway } from '@skaha/service/ownership.js';
import { sessionPath } from '../bare.js';
import type { Enclosed, Enclosure, Ground, PagePlace, Scripts } from '../enclosure.js';
import { nameServer } from '../network/outwards.js';
import { hostsFor, SessionNetworks } from '../network/session-networks.js';
import { SessionSpaces } from '../network/session-spaces.js';
import type { LocalRun, Mount } from '../places.js';
import { firstInside } from '../processes.js';
import { socketName } from '../run-files.js';
import { inside, type SandboxTools, sandboxWords } from './arguments.js';
import { gateArguments } from './gate.js';
import { homesHere, isWithin, ownPrograms, type Shown, whatIsShown } from './shown.js';

/** Whether sandboxes are made by root, which then gives up its rights inside them. */
const isRoot = (): boolean => process.getuid?.() === 0;

/**
 * A sandbox made by bubblewrap: processes, files and, where the run says so, the network of its
 * own; a read-only system; no rights beyond those of an ordinary user.
 *
 * @param places - the data directory of the platform, which sessions must not see, and in it the
 *   directory of the runs; what tells it from others; the directory of the platform's own programs
 */
export function sandboxEnclosure(
  scripts: Scripts,
  tools: SandboxTools,
  { data, sessions, instance, programs: own }: SandboxPlaces,
): Enclosure {
  const shown = whatIsShown([data, ...homesHere()]);
  const accounts = new AccountFiles(dirname(scripts.starter));
  const networks = new SessionNetworks(tools.network, sessions, instance);
  const spaces =
    tools.network === undefined ? undefined : new SessionSpaces(tools.network, scripts.enter);
  let programs: Promise<readonly Mount[]> | undefined;
  return {
    name: 'sandbox',
    isolation: isolationOf(tools),
    takesSocket: () => true,
    ownPorts: (run) => networks.choose(run).ownPorts,
    // With a space of users of its own, which root does without.
    countsProcesses: !isRoot(),
    isOutside: true,
    placeOf: placeInside,
    standingOf: (run) => networks.standingOf(run),
    stand: async (run, name) => await networks.stand(run, name),
    enclose: async (run, ground) => {
      programs ??= ownPrograms(shown, tools, own);
      const machine = { data, shown, programs: await programs, ...scripts, tools };
      return await enclose({ run, ...ground }, { ...machine, networks }, accounts);
    },
    enter: async (run, files, page, supervisor) => {
      const uid = insideUid(run);
      const inner = await firstInside(supervisor);
      const { address, own } = await networks.placeOf(files.directory);
      return {
        gate: gateArguments(inner, uid, tools, own ? supervisor : undefined),
        starter: ['/bin/sh', inside.starter],
        ...surroundings(run, page, address),
      };
    },
    attend: async (run, files, supervisor) => {
      if (networks.choose(run).network !== 'outgoing') return undefined;
      try {
        await spaces?.open(run, files.directory, supervisor);
        return undefined;
      } catch (error) {
        return { ...lostNote, message: `${lostNote.message}: ${reasonOf(error)}` };
      }
    },
    reach: async ({ key, directory }, supervisor) => {
      const { address, own } = await networks.placeOf(directory);
      if (!own || spaces === undefined) return undefined;
      return async (port) => await spaces.connect(key, supervisor, port, address);
    },
    release: (run) => {
      spaces?.release(run.key);
      networks.release(run);
    },
    close: () => {
      spaces?.close();
      networks.close();
    },
    failure: sandboxFailure,
  };
}

/** What a sandbox must know of the platform that makes it. */
type SandboxPlaces = Pick<RunnerParts, 'data' | 'sessions' | 'instance' | 'programs'>;

/** What a sandbox isolates, and what it does not. */
function isolationOf(tools: SandboxTools): Isolation {
  return {
    isolates: [
      'files: a session sees its owner\u2019s home, projects, its scratch space, and the programs of this machine read-only',
      'users of the platform from each other',
      'processes of this machine and of other sessions',
      networkIsolation(tools),
    ],
    lacks: [networkLack(tools), 'disk space'],
  };
}

const isLedOut = ({ network }: SandboxTools): boolean =>
  network?.kind === 'bridge' && network.slirp !== undefined;

function networkIsolation(tools: SandboxTools): string {
  if (tools.network === undefined) return 'the network, for headless sessions, which have none';
  return isLedOut(tools)
    ? 'the network: the sessions of one user can reach each other, but no others; headless ones can reach nothing else'
    : 'the network, for headless sessions: those of one user can reach each other, and nothing else';
}

const networkLack = (tools: SandboxTools): string =>
  isLedOut(tools)
    ? 'the network, for sessions that are given this machine\u2019s'
    : 'the network, for sessions with a page';

const lostNote: RunNote = {
  level: 'Warning',
  reason: 'NetworkNotReady',
  message: 'The session cannot reach the network beyond this machine',
};

/** What is enclosed. */
interface Content extends Ground {
  readonly run: LocalRun;
}

/** What all sandboxes of a platform have in common. */
interface Machine {
  readonly data: string;
  readonly shown: Shown;
  readonly programs: readonly Mount[];
  readonly starter: string;
  readonly names: string;
  readonly tools: SandboxTools;
  readonly networks: SessionNetworks;
}

async function enclose(
  { run: asked, files, page, spare, standing }: Content,
  { data, networks, ...machine }: Machine,
  accounts: AccountFiles,
): Promise<Enclosed> {
  const { network, note } = networks.choose(asked);
  const run = { ...asked, network, uid: insideUid(asked) };
  const bySocket = page !== undefined && 'socket' in page;
  files.makeDirectory();
  // Empty, because places in it are made before the session is no longer root's.
  await files.makeAnew(files.temporary, spare);
  const own = [files.scratch, files.temporary, ...(bySocket ? [files.page] : [])];
  for (const { source, readOnly } of run.mounts) {
    await (readOnly === true ? access(source) : mkdir(source, { recursive: true, mode: 0o700 }));
  }
  accessSync(run.home);
  if (isRoot()) await handOver(run, data, own, files.log);
  const place = await networks.place(run, files.directory, standing?.address);
  const words = sandboxWords({
    run,
    hosts: hostsFile(run, place.address, files.directory),
    nameServers: nameServersFor(run, files.directory),
    alone: place.alone,
    ...accounts.of(run),
    ...machine,
    scratch: files.scratch,
    temporary: files.temporary,
    page: bySocket ? files.page : undefined,
  });
  return {
    words: [...place.around, ...words],
    before: place.before,
    note: place.alone ? aloneNote : note,
    ...surroundings(run, page, place.address),
  };
}

const aloneNote: RunNote = {
  level: 'Warning',
  reason: 'NetworkNotReady',
  message:
    'This machine does not allow a network per user: this session and other sessions cannot reach each other',
};

/** @returns undefined where this machine has no such file that it could stand in for */
function hostsFile(run: Run, address: string, directory: string): string | undefined {
  if (!existsSync('/etc/hosts')) return undefined;
  const path = join(directory, 'hosts');
  const names = [run.key, run.environment['HOSTNAME'] ?? ''];
  writeFileSync(path, hostsFor(run, address, names), { mode: 0o644 });
  return path;
}

const insideUid = ({ uid }: Run): number => (uid === 0 ? standInUid : uid);

/** The home and the variables of a session, as it sees them. */
const surroundings = (run: Run, page: PagePlace | undefined, address: string) => ({
  home: inside.home(run.user),
  environment: {
    LANG: 'C.UTF-8',
    ...run.environment,
    PATH: `${sessionPath()}:${inside.names}`,
    SCRATCH: inside.scratch,
    TMPDIR: inside.scratch,
    skaha_hostname: address,
    ...pageVariables(page),
  },
});

function pageVariables(page: PagePlace | undefined): Record<string, string> {
  if (page === undefined) return {};
  return 'port' in page
    ? { PORT: String(page.port) }
    : { skaha_socket: `${inside.page}/${socketName}` };
}

/** What root made for a session becomes the session's. */
async function handOver(
  run: LocalRun,
  data: string,
  own: readonly string[],
  log: string,
): Promise<void> {
  for (const path of own) lchownSync(path, run.uid, run.uid);
  const descriptor = openLog(log);
  try {
    fchownSync(descriptor, run.uid, run.uid);
  } finally {
    closeSync(descriptor);
  }
  await giveAway(run.home, run.uid);
  // Only what is the platform's: directories of the machine stay as they are.
  for (const { source, readOnly } of run.mounts) {
    if (readOnly !== true && isWithin(source, data)) await giveAway(source, run.uid);
  }
}

/**
 * The users and groups that a session sees: its own, and those that programs look for. All sessions
 * of a user see the same files, and none can change them.
 */
class AccountFiles {
  readonly #place: string;
  readonly #made = new Map<string, { passwd: string; group: string }>();

  /** @param place - the private directory of the platform */
  constructor(place: string) {
    this.#place = place;
  }

  of({ user, uid }: Run): { passwd: string; group: string } {
    const known = `${user} ${uid}`;
    const found = this.#made.get(known);
    if (found !== undefined) return found;
    const place = join(this.#place, 'accounts', user);
    mkdirSync(place, { recursive: true, mode: 0o700 });
    const files = { passwd: join(place, 'passwd'), group: join(place, 'group') };
    const own = `${user}:x:${uid}:${uid}:${user}:${inside.home(user)}:/bin/sh\n`;
    // A user of the platform may well be called root.
    const root = user === 'root' ? '' : 'root:x:0:0:root:/root:/usr/sbin/nologin\n';
    const nobody = 'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n';
    replaceFileSync(files.passwd, own + root + nobody, 0o644);
    replaceFileSync(files.group, `${user}:x:${uid}:\nnogroup:x:65534:\n`, 0o644);
    this.#made.set(known, files);
    return files;
  }
}

/** How bubblewrap ends when it cannot make a sandbox; commands may end so too. */
const cannotMake = 1;

/** It reports the end of a command only where there was one. */
const sandboxFailure = (report: string, status: number | undefined): string | undefined =>
  status === cannotMake && !report.includes('"exit-code"')
    ? 'its sandbox could not be made; the reason is in its log'
    : undefined;

const resolverSettings = '/etc/resolv.conf';

/**
 * Where a session finds its name servers: what this machine has, at the place to which `/etc`
 * leads, or the way out that is the session's own.
 *
 * @param directory - of the run
 */
function nameServersFor({ network }: Run, directory: string): Mount[] {
  if (network === 'none') return [];
  try {
    const target = realpathSync(resolverSettings);
    if (network === 'host') {
      return target.startsWith('/run/') ? [{ source: target, target, readOnly: true }] : [];
    }
    const source = join(directory, 'resolv.conf');
    const others = readFileSync(resolverSettings, 'utf8')
      .split('\n')
      .filter((line) => /^(?:search|options|domain)\s/.test(line));
    writeFileSync(source, `${[`nameserver ${nameServer}`, ...others].join('\n')}\n`, {
      mode: 0o644,
    });
    return [{ source, target, readOnly: true }];
  } catch {
    return [];
  }
}
