import { mkdirSync, writeFileSync } from 'node:fs';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { RunEnd } from '@skaha/engine/ports/runner.js';
import { systemCode } from '@skaha/service/errors.js';
import { openLog, readNote, removeTree } from '@skaha/service/held.js';
import { RunGroups } from './limits/cgroup.js';
import type { LimitPlan } from './limits/types.js';
import { type ProcessIdentity, parseIdentity } from './processes.js';

/** How long a supervisor may take between its claim and its record, and in what steps we look. */
const claimPatienceMs = 2_000;
const claimStepMs = 25;

/** Name of the socket of a page, where the session makes it and where the platform keeps it. */
export const socketName = 'page.sock';

/** What the claim on a run says that nobody may have. */
const nobody = 'nobody\n';

/**
 * The files of one run: its log, who runs it, and how it ended. Its directory is the platform's own;
 * a session changes `page`, `temporary` and `scratch` only, and as a plain process, which nothing
 * keeps apart, all of it. So nothing here is read through a link, or but for its first bytes.
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
  readonly door: string;
  readonly log: string;

  constructor(sessions: string, scratch: string, key: string) {
    this.key = key;
    this.directory = join(sessions, key);
    this.scratch = join(scratch, key);
    this.temporary = join(this.directory, 'tmp');
    this.page = join(this.directory, 'page');
    this.door = join(this.directory, socketName);
    this.log = join(this.directory, 'log');
  }

  /** Makes the directories and opens the log for appending. */
  prepare(): number {
    for (const path of [this.#claim, this.scratch]) {
      mkdirSync(path, { recursive: true, mode: 0o700 });
    }
    return openLog(this.log);
  }

  get #claim(): string {
    return join(this.directory, 'claim');
  }

  /** Made by whoever runs it, which succeeds once only. */
  get #claimant(): string {
    return join(this.#claim, 'pid');
  }

  async #read(name: string): Promise<string> {
    return (await readNote(join(this.directory, name)))?.text ?? '';
  }

  /** Writes down what the supervisor must do for the limits to hold. */
  setLimits({ join: groups, ulimits }: LimitPlan): void {
    const lines = (words: readonly string[]) => words.map((line) => `${line}\n`).join('');
    writeFileSync(join(this.directory, 'join'), lines(groups));
    writeFileSync(join(this.directory, 'ulimits'), lines(ulimits.map((pair) => pair.join(' '))));
  }

  /** The groups that hold the run's limits, also those an earlier platform made. */
  async groups(): Promise<RunGroups> {
    const text = await this.#read('join');
    return new RunGroups(text.split('\n').filter((line) => line !== ''));
  }

  /** True when the run did not begin because its limits could not be put on. */
  async isUnlimited(): Promise<boolean> {
    return await isThere(join(this.directory, 'unlimited'));
  }

  /** What the enclosure reported: empty for a bare run. */
  async enclosureReport(): Promise<string> {
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
    const note = await readNote(join(this.directory, 'exit'));
    // One that is just being written is not there yet.
    if (note === undefined || !/^\d{1,3}\n$/.test(note.text)) return undefined;
    return { status: Number(note.text), at: note.mtimeMs };
  }

  /** Who runs it; undefined while nobody does, or has not said so yet. */
  async claimant(): Promise<ProcessIdentity | undefined> {
    const note = await readNote(this.#claimant);
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

  /** Completes an end with what the run's groups tell; they must still be there. */
  async withCause(end: RunEnd): Promise<RunEnd> {
    const outOfMemory = await (await this.groups()).ranOutOfMemory();
    return outOfMemory ? { ...end, outOfMemory } : end;
  }

  /** True while a supervisor has taken the run and may still say who it is. */
  async #isClaimPending(): Promise<boolean> {
    const note = await readNote(this.#claimant);
    return note !== undefined && note.text !== nobody;
  }

  /**
   * Makes a directory that the session will change. What an earlier attempt left there is removed:
   * it may hold links. Where somebody runs the session already, all stays as it is.
   */
  async makeAnew(path: string): Promise<void> {
    if ((await readNote(this.#claimant)) === undefined) await removeTree(path);
    await mkdir(path, { recursive: true, mode: 0o700 });
  }

  /** Takes the run for nobody, so that no supervisor can; does nothing when one has it already. */
  async void(): Promise<void> {
    try {
      await mkdir(this.#claim, { recursive: true, mode: 0o700 });
      await writeFile(this.#claimant, nobody, { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
  }

  async unclaim(): Promise<void> {
    await removeTree(this.#claim);
  }

  async emptyScratch(): Promise<void> {
    await Promise.all([this.scratch, this.temporary, this.page, this.door].map(removeTree));
  }

  async purge(): Promise<void> {
    await this.emptyScratch();
    await removeTree(this.directory);
  }
}

const isThere = async (path: string): Promise<boolean> =>
  await access(path).then(
    () => true,
    () => false,
  );
