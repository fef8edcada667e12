import { closeSync, fchownSync, lchownSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type Isolation,
  type Run,
  type RunNote,
  type RunnerOptions,
  standInUid,
} from '@skaha/engine/ports/runner.js';
import { placeInside } from '@skaha/engine/ports/volumes.js';
import { openLog } from '@skaha/service/held.js';
import type {
  ConfinedCommand,
  Confinement,
  ConfineOptions,
  ConnectToPort,
  Entrance,
  PagePlace,
  StandbyPlace,
} from '../confinement.js';
import { ensureMounts, giveMounts, type LocalRun, type Mount } from '../mounts.js';
import { SessionNamespaces } from '../network/session-namespaces.js';
import { SessionNetworks } from '../network/session-networks.js';
import { firstInside } from '../processes/processes.js';
import { isRoot, sessionPath } from '../processes/programs.js';
import { pageVariables } from '../runs/page-endpoints.js';
import type { RunFiles } from '../runs/run-files.js';
import type { Scripts } from '../supervisors/scripts.js';
import { gateArguments, type SandboxTools, sandboxPaths, sandboxWords } from './arguments.js';
import { AccountFiles, hostsFile, nameServersFor } from './etc-files.js';
import { homesHere, ownPrograms, type ShownFolders, whatIsShown } from './shown.js';

/** What a sandbox must know of the platform that makes it. */
type SandboxPlaces = Pick<RunnerOptions, 'data' | 'sessions' | 'instance' | 'programs'>;

/**
 * A sandbox made by bubblewrap: processes, files and, where the run says so, the network of its
 * own; a read-only system; no rights beyond those of an ordinary user.
 */
export class SandboxConfinement implements Confinement {
  readonly name = 'sandbox';
  readonly isolation: Isolation;
  // With a space of users of its own, which root does without.
  readonly countsProcesses = !isRoot();
  readonly sharesGroup = true;
  readonly placeOf = placeInside;
  readonly failure = sandboxFailure;
  readonly #scripts: Scripts;
  readonly #tools: SandboxTools;
  readonly #places: SandboxPlaces;
  readonly #shown: ShownFolders;
  readonly #accounts: AccountFiles;
  readonly #networks: SessionNetworks;
  readonly #namespaces: SessionNamespaces | undefined;
  /** The platform's own programs, once they were looked for. */
  #programs: Promise<readonly Mount[]> | undefined;

  /**
   * @param places - the data directory of the platform, which sessions must not see, and in it the
   *   directory of the runs; what distinguishes it from others; the directory of its own programs
   */
  constructor(scripts: Scripts, tools: SandboxTools, places: SandboxPlaces) {
    this.#scripts = scripts;
    this.#tools = tools;
    this.#places = places;
    this.isolation = isolationOf(tools);
    this.#shown = whatIsShown([places.data, ...homesHere()]);
    this.#accounts = new AccountFiles(dirname(scripts.starter));
    this.#networks = new SessionNetworks(tools.network, places.sessions, places.instance);
    this.#namespaces =
      tools.network === undefined ? undefined : new SessionNamespaces(tools.network, scripts.enter);
  }

  takesSocket(): boolean {
    return true;
  }

  ownPorts(run: Run): boolean {
    return this.#networks.choose(run).ownPorts;
  }

  standbyGroup(run: Run): string | undefined {
    return this.#networks.standbyGroup(run);
  }

  async placeStandby(run: Run, name: string): Promise<StandbyPlace> {
    return await this.#networks.placeStandby(run, name);
  }

  async confine(
    asked: LocalRun,
    { files, page, spare, standby }: ConfineOptions,
  ): Promise<ConfinedCommand> {
    const { data, programs: ownFolder } = this.#places;
    this.#programs ??= ownPrograms(this.#shown, this.#tools, ownFolder);
    const programs = await this.#programs;
    const { network, note } = this.#networks.choose(asked);
    const run = { ...asked, network, uid: insideUid(asked) };
    const bySocket = page !== undefined && 'socket' in page;
    files.makeDirectory();
    // Empty, because places in it are made before the session is no longer root's.
    await files.makeEmpty(files.temporary, spare);
    const own = [files.scratch, files.temporary, ...(bySocket ? [files.page] : [])];
    await ensureMounts(run);
    if (isRoot()) await handOver(run, data, own, files.log);
    const place = await this.#networks.place(run, files.directory, standby?.address);
    const words = sandboxWords({
      run,
      hosts: hostsFile(run, place.address, files.directory),
      nameServers: nameServersFor(run, files.directory),
      alone: place.alone,
      ...this.#accounts.of(run),
      shown: this.#shown,
      programs,
      tools: this.#tools,
      starter: this.#scripts.starter,
      names: this.#scripts.names,
      scratch: files.scratch,
      temporary: files.temporary,
      page: bySocket ? files.page : undefined,
    });
    return {
      prefix: [...place.commandPrefix, ...words],
      supervisorPrefix: place.supervisorPrefix,
      note: place.alone ? aloneNote : note,
      ...startOf(run, page, place.address),
    };
  }

  async enter(
    run: LocalRun,
    files: RunFiles,
    page: PagePlace | undefined,
    supervisor: number,
  ): Promise<Entrance> {
    const inner = await firstInside(supervisor);
    const { address, own } = await this.#networks.placeOf(files.directory);
    return {
      gate: gateArguments(inner, insideUid(run), this.#tools, own ? supervisor : undefined),
      starter: ['/bin/sh', sandboxPaths.starter],
      ...startOf(run, page, address),
    };
  }

  async supervised(run: Run, files: RunFiles, supervisor: number): Promise<RunNote | undefined> {
    if (this.#networks.choose(run).network !== 'outgoing') return undefined;
    return await this.#namespaces?.open(run, files.directory, supervisor);
  }

  async reach(
    { key, directory }: RunFiles,
    supervisor: number,
  ): Promise<ConnectToPort | undefined> {
    const spaces = this.#namespaces;
    const { address, own } = await this.#networks.placeOf(directory);
    if (!own || spaces === undefined) return undefined;
    return async (port) => await spaces.connect(key, supervisor, port, address);
  }

  release(run: Pick<LocalRun, 'key' | 'user'>): void {
    this.#namespaces?.release(run.key);
    this.#networks.release(run);
  }

  close(): void {
    this.#namespaces?.close();
    this.#networks.close();
  }
}

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

const aloneNote: RunNote = {
  level: 'Warning',
  reason: 'NetworkNotReady',
  message:
    'This machine does not allow a network per user: this session and other sessions cannot reach each other',
};

const insideUid = ({ uid }: Run): number => (uid === 0 ? standInUid : uid);

/** The home and the variables of a session, as it sees them. */
const startOf = (run: Run, page: PagePlace | undefined, address: string) => ({
  home: sandboxPaths.home(run.user),
  environment: {
    LANG: 'C.UTF-8',
    ...run.environment,
    PATH: `${sessionPath()}:${sandboxPaths.names}`,
    SCRATCH: sandboxPaths.scratch,
    TMPDIR: sandboxPaths.scratch,
    skaha_hostname: address,
    ...pageVariables(page, sandboxPaths.page),
  },
});

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
  await giveMounts(run, data, run.uid);
}

/** How bubblewrap ends when it cannot make a sandbox; commands may end so too. */
const cannotMake = 1;

/** It reports the end of a command only where there was one. */
const sandboxFailure = (report: string, status: number | undefined): string | undefined =>
  status === cannotMake && !report.includes('"exit-code"')
    ? 'its sandbox could not be made; the reason is in its log'
    : undefined;
