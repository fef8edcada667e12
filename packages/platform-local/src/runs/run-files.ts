import { existsSync, lstatSync, mkdirSync } from 'node:fs';
import { mkdir, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { LogRange, RunLog } from '@skaha/engine/ports/logs.js';
import type { RunEnd } from '@skaha/engine/ports/runner.js';
import { systemCode } from '@skaha/service/errors.js';
import {
  fileSize,
  type Note,
  openPlain,
  readNote,
  readNoteNow,
  removeTree,
} from '@skaha/service/held.js';
import { RunGroups } from '../limits/cgroup.js';
import { isAlive, type ProcessIdentity, parseIdentity, writersOf } from '../processes/processes.js';
import type { SpareFolders } from './spare-folders.js';

/** How long a supervisor may take between its claim and its record, and how often we check. */
const claimPatienceMs = 2_000;
const claimStepMs = 25;

/** Name of the socket of a page, where the session makes it and where the platform keeps it. */
export const socketName = 'page.sock';

/** The end of the name of the file by which a process has claimed a run, after the key of the run. */
export const claimSuffix = '.claim';

/** The end of the name of the file with what a run writes. */
export const logSuffix = '.log';

/** Where earlier versions had them: in the directory of the run. */
export const formerNames = { claim: 'claimant', log: 'log' } as const;

/** What the claim on a run says that nobody may have. */
const nobody = 'nobody\n';

/** The key of the run that a file or directory among those of all runs belongs to. */
export const keyOf = (name: string): string =>
  [claimSuffix, logSuffix].reduce(
    (key, suffix) => (key.endsWith(suffix) ? key.slice(0, -suffix.length) : key),
    name,
  );

/**
 * The files of one run: its log; who runs it and how it ended; and a directory for more, which most
 * plain processes do without. They are the platform's own; a session changes `page`, `temporary` and
 * `scratch` only, and as a plain process, which nothing keeps apart, all of them. So nothing here is
 * read through a link, or but for its first bytes.
 */
export class RunFiles {
  readonly key: string;
  readonly directory: string;
  readonly scratch: string;
  /** Small files of the session, emptied like the scratch space. */
  readonly temporary: string;
  /** Where the session may put the socket of its page. */
  readonly page: string;
  /** Where the platform keeps that socket, out of the session's reach. */
  readonly platformSocket: string;
  /** Made by the process that runs it, which succeeds only once. */
  readonly #claim: string;
  readonly #log: string;

  constructor(sessions: string, scratch: string, key: string) {
    this.key = key;
    this.directory = join(sessions, key);
    this.scratch = join(scratch, key);
    this.temporary = join(this.directory, 'tmp');
    this.page = join(this.directory, 'page');
    this.platformSocket = join(this.directory, socketName);
    this.#claim = `${this.directory}${claimSuffix}`;
    this.#log = `${this.directory}${logSuffix}`;
  }

  /** Where what it writes is kept; in its directory for one that an earlier version began. */
  get log(): string {
    return isThere(this.#formerLog) ? this.#formerLog : this.#log;
  }

  get #formerLog(): string {
    return join(this.directory, formerNames.log);
  }

  /** The log as long as it is now; an empty one where there is none. */
  async readLog(): Promise<RunLog> {
    const path = this.log;
    const size = await fileSize(path);
    return {
      size,
      stream: (range) => Readable.from(bytesOf(path, size, range), { objectMode: false }),
    };
  }

  /** Makes the scratch space of a new run. */
  prepare(spare?: SpareFolders): void {
    if (spare === undefined) mkdirSync(this.scratch, { recursive: true, mode: 0o700 });
    else spare.take(this.scratch);
  }

  /** Makes what directories are missing. */
  ensure(): void {
    this.makeDirectory();
    this.prepare();
  }

  /** Makes its directory, for a run that needs one. */
  makeDirectory(): void {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
  }

  /** The same of a run that an earlier version began. */
  get #formerClaims(): readonly [string, string] {
    return [join(this.directory, formerNames.claim), join(this.directory, 'claim', 'pid')];
  }

  async #readClaim(): Promise<Note | undefined> {
    for (const path of [this.#claim, ...this.#formerClaims]) {
      const note = await readNote(path);
      if (note !== undefined) return note;
    }
    return undefined;
  }

  async #read(name: string): Promise<string> {
    return (await readNote(join(this.directory, name)))?.text ?? '';
  }

  /** The groups that hold the run's limits, also those an earlier platform made. */
  async groups(): Promise<RunGroups> {
    // Earlier versions had them in a file of their own.
    const [claim, join] = await Promise.all([this.#readClaim(), this.#read('join')]);
    const lines = `${claim?.text ?? ''}\n${join}`.split('\n');
    return new RunGroups(lines.filter((line) => line.startsWith('/')));
  }

  /** True when the run did not begin because its limits could not be put on. */
  isUnlimited(): boolean {
    return existsSync(join(this.directory, 'unlimited'));
  }

  /** What the confinement reported: empty for a bare run. */
  async confinementReport(): Promise<string> {
    return await this.#read('enclosure');
  }

  /** Remembers the port of the run's page, for platforms to come. */
  async setPort(port: number): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    await writeFile(join(this.directory, 'port'), `${port}\n`);
  }

  async port(): Promise<number | undefined> {
    const text = await this.#read('port');
    return /^\d+\n$/.test(text) ? Number(text) : undefined;
  }

  /** How the run ended; undefined while no status is there. */
  async end(): Promise<RunEnd | undefined> {
    return endIn(await this.#readClaim()) ?? formerEndIn(await readNote(this.#formerExit));
  }

  /** The same at once, for a run that has just ended. */
  endNow(): RunEnd | undefined {
    return endIn(readNoteNow(this.#claim)) ?? formerEndIn(readNoteNow(this.#formerExit));
  }

  /** Where the supervisor of an earlier version left the exit status. */
  get #formerExit(): string {
    return join(this.directory, 'exit');
  }

  /** Who runs it; undefined while nobody does, or has not said so yet. */
  async claimant(): Promise<ProcessIdentity | undefined> {
    const note = await this.#readClaim();
    return note === undefined ? undefined : parseIdentity(note.text);
  }

  /** Who runs it, giving a supervisor time between its claim and its record. */
  async patientClaimant(signal: AbortSignal): Promise<ProcessIdentity | undefined> {
    let claimant = await this.claimant();
    for (let waited = 0; waited < claimPatienceMs; waited += claimStepMs) {
      if (claimant !== undefined || !(await this.#isClaimPending())) return claimant;
      await pause(claimStepMs, undefined, { signal });
      claimant = await this.claimant();
    }
    return claimant;
  }

  /**
   * True when the run is over and its supervisor has gone on to another one: then what is in their
   * groups belongs to the other one.
   */
  async supervisorWentOn(): Promise<boolean> {
    if ((await this.end()) === undefined || !(await this.groups()).areShared) return false;
    const claimant = await this.claimant();
    return claimant !== undefined && (await isAlive(claimant));
  }

  /** True while a supervisor has taken the run and may still say who it is. */
  async #isClaimPending(): Promise<boolean> {
    const note = await this.#readClaim();
    return note !== undefined && note.text !== nobody;
  }

  /**
   * The processes that have claimed the run and have not said who they are: a standby supervisor keeps
   * the claim open for writing, and nobody else does. Linux only, none elsewhere.
   */
  async pendingClaimants(): Promise<number[]> {
    if (!(await this.#isClaimPending()) || (await this.claimant()) !== undefined) return [];
    const path = await realpath(this.#claim).catch(() => this.#claim);
    return await writersOf(path);
  }

  /**
   * Makes a directory that the session will change. What an earlier attempt left there is removed:
   * it may hold links. Where somebody runs the session already, all stays as it is.
   */
  async makeEmpty(path: string, spare?: SpareFolders): Promise<void> {
    if (isThere(path) && (await this.#readClaim()) === undefined) await removeTree(path);
    if (spare === undefined) await mkdir(path, { recursive: true, mode: 0o700 });
    else spare.take(path);
  }

  /** Claims the run for nobody, so that no supervisor can; does nothing when one has it already. */
  async claimForNobody(): Promise<void> {
    for (const path of this.#formerClaims) if ((await readNote(path)) !== undefined) return;
    try {
      await writeFile(this.#claim, nobody, { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
  }

  /** Says that a process holds the run, where no supervisor does that by itself. */
  async claimFor({ pid, start, boot }: ProcessIdentity): Promise<void> {
    await writeFile(this.#claim, `${pid}\n${start}\n${boot}\n`, { mode: 0o600 });
  }

  /** Takes back the claim of a process that went before it said who it is. */
  async unclaimPending(): Promise<void> {
    if (await this.#isClaimPending()) await this.unclaim();
  }

  async unclaim(): Promise<void> {
    const [former, first] = this.#formerClaims;
    await Promise.all([this.#claim, former, dirname(first)].map(removeTree));
  }

  /** Lets a run begin that never has: what an attempt left in its log is not its output. */
  async reset(): Promise<void> {
    await Promise.all([this.#log, this.#formerLog].map(removeTree));
    await this.unclaim();
  }

  /**
   * Removes what only a session that runs needs.
   *
   * @param hadPage - whether it may have a page; true when that is not known
   * @param gone - what is known not to be there any more
   */
  async emptyScratch(hadPage = true, gone: readonly string[] = []): Promise<void> {
    const own = [
      this.scratch,
      this.temporary,
      ...(hadPage ? [this.page, this.platformSocket] : []),
    ];
    const left = own.filter((path) => !gone.includes(path) && isThere(path));
    await Promise.all(left.map(removeTree));
  }

  async purge(): Promise<void> {
    await this.emptyScratch();
    await Promise.all([this.directory, this.#log].map(removeTree));
    // Last: as long as it is there, nobody else begins the run.
    await removeTree(this.#claim);
  }
}

async function* bytesOf(
  path: string,
  size: number,
  { start, end = size }: LogRange = { start: 0 },
): AsyncGenerator<Buffer, void> {
  // A stream takes the last byte that is wanted, and has no way to want none.
  if (end <= start) return;
  const file = await openPlain(path);
  yield* file.createReadStream({ start, end: end - 1 });
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** The last line of a claim, once its run has ended; one that is just being written is not there yet. */
function endIn(note: Note | undefined): RunEnd | undefined {
  const status = /\nexit (\d{1,3})\n$/.exec(note?.text ?? '')?.[1];
  return note === undefined || status === undefined
    ? undefined
    : { status: Number(status), at: note.mtimeMs };
}

function formerEndIn(note: Note | undefined): RunEnd | undefined {
  if (note === undefined || !/^\d{1,3}\n$/.test(note.text)) return undefined;
  return { status: Number(note.text), at: note.mtimeMs };
}

/** Completes an end with what the run's groups show; they must still be there. */
export function withCause(end: RunEnd, groups: RunGroups): RunEnd {
  return groups.ranOutOfMemory() ? { ...end, cause: { reason: 'OOMKilled' } } : end;
}
