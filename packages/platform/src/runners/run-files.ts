import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { access, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemCode } from '../errors.js';
import { RunGroups } from './limits/cgroup.js';
import type { LimitPlan } from './limits/types.js';
import { type ProcessIdentity, parseIdentity } from './processes.js';
import type { RunEnd } from './types.js';

/** How long a supervisor may take between its claim and its record, and in what steps we look. */
const claimPatienceMs = 2_000;
const claimStepMs = 25;

/** The files of one run: its log, who runs it, and how it ended. */
export class RunFiles {
  readonly key: string;
  readonly directory: string;
  readonly scratch: string;
  /** Small files of the session, emptied like the scratch space. */
  readonly temporary: string;
  /** Where the session may put the socket of its page. */
  readonly page: string;
  readonly log: string;

  constructor(sessions: string, scratch: string, key: string) {
    this.key = key;
    this.directory = join(sessions, key);
    this.scratch = join(scratch, key);
    this.temporary = join(this.directory, 'tmp');
    this.page = join(this.directory, 'page');
    this.log = join(this.directory, 'log');
  }

  /** Makes the directories and opens the log for appending. */
  prepare(): number {
    for (const path of [this.directory, this.scratch]) {
      mkdirSync(path, { recursive: true, mode: 0o700 });
    }
    return openSync(this.log, 'a', 0o600);
  }

  /** Writes down what the supervisor must do for the limits to hold. */
  setLimits({ join: groups, ulimits }: LimitPlan): void {
    const lines = (words: readonly string[]) => words.map((line) => `${line}\n`).join('');
    writeFileSync(join(this.directory, 'join'), lines(groups));
    writeFileSync(join(this.directory, 'ulimits'), lines(ulimits.map((pair) => pair.join(' '))));
  }

  /** The groups that hold the run's limits, also those an earlier platform made. */
  async groups(): Promise<RunGroups> {
    const text = await readFile(join(this.directory, 'join'), 'utf8').catch(() => '');
    return new RunGroups(text.split('\n').filter((line) => line !== ''));
  }

  /** True when the run did not begin because its limits could not be put on. */
  async isUnlimited(): Promise<boolean> {
    return await isThere(join(this.directory, 'unlimited'));
  }

  /** What the enclosure reported: empty for a bare run. */
  async enclosureReport(): Promise<string> {
    return await readFile(join(this.directory, 'enclosure'), 'utf8').catch(() => '');
  }

  /** Remembers the port of the run's page, for platforms to come. */
  async setPort(port: number): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    await writeFile(join(this.directory, 'port'), `${port}\n`);
  }

  async port(): Promise<number | undefined> {
    const text = await readFile(join(this.directory, 'port'), 'utf8').catch(() => '');
    return /^\d+\n$/.test(text) ? Number(text) : undefined;
  }

  /** How the run ended; undefined while no status is there. */
  async end(): Promise<RunEnd | undefined> {
    const path = join(this.directory, 'exit');
    try {
      const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
      // One that is just being written is not there yet.
      return /^\d+\n$/.test(text) ? { status: Number(text), at: mtimeMs } : undefined;
    } catch {
      return undefined;
    }
  }

  /** Who runs it; undefined while nobody does, or has not said so yet. */
  async claimant(): Promise<ProcessIdentity | undefined> {
    try {
      return parseIdentity(await readFile(join(this.directory, 'claim', 'pid'), 'utf8'));
    } catch {
      return undefined;
    }
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
    const claim = join(this.directory, 'claim');
    return (await isThere(claim)) && !(await isThere(join(claim, 'void')));
  }

  /** Takes the run for nobody, so that no supervisor can; does nothing when one has it already. */
  async void(): Promise<void> {
    const claim = join(this.directory, 'claim');
    try {
      await mkdir(this.directory, { recursive: true, mode: 0o700 });
      await mkdir(claim);
      await writeFile(join(claim, 'void'), '');
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
  }

  async unclaim(): Promise<void> {
    await rm(join(this.directory, 'claim'), { recursive: true, force: true });
  }

  async emptyScratch(): Promise<void> {
    const paths = [this.scratch, this.temporary, this.page];
    await Promise.all(
      paths.map((path) => rm(path, { recursive: true, force: true, maxRetries: 3 })),
    );
  }

  async purge(): Promise<void> {
    await this.emptyScratch();
    await rm(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

const isThere = async (path: string): Promise<boolean> =>
  await access(path).then(
    () => true,
    () => false,
  );
