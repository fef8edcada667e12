import { mkdirSync, openSync } from 'node:fs';
import { access, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCode } from '../errors.js';
import { type ProcessIdentity, parseIdentity } from './processes.js';
import type { RunEnd } from './types.js';

/** The files of one run: its log, who runs it, and how it ended. */
export class RunFiles {
  readonly directory: string;
  readonly scratch: string;
  readonly log: string;

  constructor(sessions: string, scratch: string, key: string) {
    this.directory = join(sessions, key);
    this.scratch = join(scratch, key);
    this.log = join(this.directory, 'log');
  }

  /** Makes the directories and opens the log for appending. */
  prepare(): number {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    mkdirSync(this.scratch, { recursive: true, mode: 0o700 });
    return openSync(this.log, 'a', 0o600);
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
      const status = Number.parseInt(text, 10);
      return { status: Number.isNaN(status) ? undefined : status, at: mtimeMs };
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

  /** True while a supervisor has taken the run and may still say who it is. */
  async isClaimPending(): Promise<boolean> {
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
    await rm(this.scratch, { recursive: true, force: true, maxRetries: 3 });
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
