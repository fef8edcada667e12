import { systemClock } from '@skaha/base/clock.js';
import { systemCode } from '@skaha/base/system-code.js';
import { type CallOptions, integerIssue, throwIssues } from '../../client/options.js';
import { isSkahaError, SkahaError } from '../../errors/index.js';
import { eachOf, emitted } from '../walking.js';
import { copyEntry } from './copying.js';
import { isSame } from './deciding.js';
import { Meter } from './progress.js';
import type {
  Place,
  TransferOptions,
  TransferOutcome,
  TransferSummary,
  Tree,
  TreeEntry,
} from './types.js';

const usualConcurrency = 8;

type Emit = (outcome: TransferOutcome) => Promise<void>;

/** What every other file would meet as well. */
const isFatal = (error: SkahaError): boolean =>
  /^(authentication|client|config)\.|^request\.aborted$|^storage\.service_unknown$/.test(
    error.code,
  ) || systemCode(error.cause) === 'ENOSPC';

const blank = {
  isPlanned: false,
  sizeBytes: undefined,
  md5: undefined,
  verified: undefined,
  reason: undefined,
  error: undefined,
} as const;

/** One transfer of a tree or a file. */
class Transfer {
  readonly #from: Tree;
  readonly #to: Tree;
  readonly #options: TransferOptions;
  readonly #meter: Meter;
  readonly #files: TreeEntry[] = [];
  readonly #folders: string[] = [];
  readonly #left: TreeEntry[] = [];
  /** What is at the target; undefined if that makes no difference. */
  #existing: Map<string, TreeEntry> | undefined;
  #isTree = false;
  readonly summary: TransferSummary = {
    copied: 0,
    failed: 0,
    removed: 0,
    same: 0,
    skipped: 0,
    bytes: 0,
    elapsedMs: 0,
  };

  constructor(
    { tree: from, clock }: Place,
    { tree: to, clock: other }: Place,
    options: TransferOptions,
  ) {
    this.#from = from;
    this.#to = to;
    this.#options = options;
    this.#meter = new Meter(clock ?? other ?? systemClock, options.onProgress);
  }

  async run(emit: Emit, signal: AbortSignal): Promise<void> {
    const { timeoutMs, dryRun = false } = this.#options;
    const call = { signal, timeoutMs };
    await this.#plan(call);
    const counted: Emit = async (outcome) => {
      this.summary[outcome.result] += 1;
      if (outcome.result === 'copied') this.summary.bytes += outcome.sizeBytes ?? 0;
      await emit(outcome);
    };
    for (const entry of this.#left) await counted(leftOut(entry));
    if (!dryRun && this.#isTree) await this.#makeFolders(call);
    const { concurrency = usualConcurrency } = this.#options;
    await eachOf(this.#files, concurrency, signal, async (entry, own) =>
      counted(await this.#file(entry, { signal: own, timeoutMs })),
    );
    if (this.#options.delete === true && this.#isTree) await this.#removeExtra(counted, call);
    this.summary.elapsedMs = this.#meter.elapsedMs;
    this.#meter.report(true);
  }

  async #plan(call: CallOptions): Promise<void> {
    const { links = 'skip' } = this.#options;
    const top = await this.#from.top(call);
    if (top === undefined) throw missing(this.#from.label);
    const target = await this.#to.top(call);
    this.#isTree = top.kind === 'folder';
    if (!this.#isTree) this.#sort(top);
    else for await (const entry of this.#from.entries({ ...call, links })) this.#sort(entry);
    if (this.#isTree && target !== undefined && target.kind !== 'folder') {
      throw conflict(this.#to.label, 'is not a folder, so nothing can be put into it');
    }
    const { compare = 'none', delete: removes = false, keepExisting = false } = this.#options;
    if (target === undefined) this.#existing = new Map();
    else if (!this.#isTree) this.#existing = new Map([['', target]]);
    else if (compare !== 'none' || removes || keepExisting) {
      this.#existing = new Map();
      for await (const entry of this.#to.entries({ ...call, links: 'skip' })) {
        this.#existing.set(entry.path, entry);
      }
    }
    this.#meter.filesTotal = this.#files.length;
    for (const { sizeBytes = 0 } of this.#files) this.#meter.bytesTotal += sizeBytes;
  }

  #sort(entry: TreeEntry): void {
    if (entry.problem !== undefined || entry.kind === 'link' || entry.kind === 'other') {
      this.#left.push(entry);
    } else if (entry.kind === 'folder') this.#folders.push(entry.path);
    else this.#files.push(entry);
  }

  /** Those of one depth at the same time, the upper ones first. */
  async #makeFolders(call: CallOptions): Promise<void> {
    const { concurrency = usualConcurrency } = this.#options;
    const levels = new Map<number, string[]>();
    for (const path of ['', ...this.#folders]) {
      if (path !== '' && this.#existing?.get(path)?.kind === 'folder') continue;
      const depth = path === '' ? 0 : path.split('/').length;
      levels.set(depth, [...(levels.get(depth) ?? []), path]);
    }
    for (const [, level] of [...levels].sort(([a], [b]) => a - b)) {
      await eachOf(level, concurrency, call.signal, (path, signal) =>
        this.#to.makeFolder(path, { ...call, signal }),
      );
    }
  }

  async #file(entry: TreeEntry, call: CallOptions): Promise<TransferOutcome> {
    const { path, sizeBytes } = entry;
    let copied: number | undefined;
    try {
      const outcome = await this.#copy(entry, call);
      if (outcome.result === 'copied') copied = outcome.sizeBytes ?? 0;
      return outcome;
    } catch (error) {
      call.signal?.throwIfAborted();
      if (!isSkahaError(error) || isFatal(error)) throw error;
      return { ...blank, path, result: 'failed', sizeBytes, error };
    } finally {
      this.#meter.ended(path, copied, sizeBytes ?? 0);
    }
  }

  async #copy(entry: TreeEntry, call: CallOptions): Promise<TransferOutcome> {
    const { path, sizeBytes } = entry;
    const { compare = 'none', dryRun = false, keepExisting, resume, verify } = this.#options;
    const target = this.#existing?.get(path);
    const facts = { ...blank, path, sizeBytes, isPlanned: dryRun };
    if (target?.kind === 'folder') throw conflict(`${this.#to.label}/${path}`, 'is a folder');
    if (target !== undefined) {
      if (keepExisting === true) return { ...facts, result: 'skipped', reason: 'already exists' };
      const pair = { from: this.#from, to: this.#to, source: entry, target };
      if (await isSame(pair, compare, call)) return { ...facts, result: 'same' };
    }
    if (dryRun) return { ...facts, result: 'copied' };
    const onProgress = (bytes: number) => this.#meter.moved(path, bytes);
    const options = { ...call, resume, verify, onProgress };
    const done = await copyEntry(this.#from, this.#to, entry, options);
    const { md5, verified } = done;
    return { ...facts, result: 'copied', sizeBytes: done.sizeBytes, md5, verified };
  }

  /** Only when all is well: what failed may be what is not there. */
  async #removeExtra(emit: Emit, call: CallOptions): Promise<void> {
    if (this.summary.failed > 0) return;
    const here = new Set([...this.#files, ...this.#left].map(({ path }) => path));
    for (const path of this.#folders) here.add(path);
    const kept = [...this.#left].map(({ path }) => `${path}/`);
    const removed = new Set<string>();
    for (const entry of this.#existing?.values() ?? []) {
      const { path, sizeBytes } = entry;
      const isBelow = path
        .split('/')
        .some((_, index, names) => removed.has(names.slice(0, index).join('/')));
      if (here.has(path) || isBelow || kept.some((prefix) => path.startsWith(prefix))) continue;
      const facts = { ...blank, path, sizeBytes };
      const { dryRun = false } = this.#options;
      try {
        if (!dryRun) await this.#to.remove(entry, call);
        if (entry.kind === 'folder') removed.add(path);
        await emit({ ...facts, result: 'removed', isPlanned: dryRun });
      } catch (error) {
        call.signal?.throwIfAborted();
        if (!isSkahaError(error) || isFatal(error)) throw error;
        await emit({ ...facts, result: 'failed', error });
      }
    }
  }
}

function leftOut({ path, kind, problem, sizeBytes }: TreeEntry): TransferOutcome {
  const reason = problem ?? (kind === 'link' ? 'is a link' : 'is not a file');
  return { ...blank, path, sizeBytes, result: 'skipped', reason };
}

const missing = (label: string): SkahaError =>
  new SkahaError('storage.not_found', `${label} does not exist.`, {
    id: label,
    hint: 'Check its spelling.',
  });

const conflict = (label: string, what: string): SkahaError =>
  new SkahaError('storage.exists', `${label.replace(/\/$/, '')} ${what}.`, {
    id: label,
    hint: 'Remove it, or choose another place.',
  });

/**
 * Copies a file, or a folder with everything in it, to or from a storage service. It yields a
 * result for each file; one failed file does not stop the others. Each copy is compared with its
 * original before it counts as done, and no file gets its final name before it is complete.
 *
 * @param from - where it is
 * @param to - its new path
 * @param options - which files, how many at once, signal; leaving the loop stops it
 * @returns what becomes of each file, and at the end the sums
 * @throws {SkahaError} `storage.not_found`, `storage.exists` if the target is of another kind,
 *   `storage.invalid_name`, `storage.local`, and what would stop every file: logins, a full disk
 * @example
 * ```ts
 * import { Storage } from 'skaha/storage';
 * import { inStorage, onDisk, transfer } from 'skaha/storage/files';
 *
 * await using arc = new Storage();
 * const files = transfer(onDisk('results'), inStorage(arc, '/home/ada/results'), { compare: 'time' });
 * for await (const { path, result, error } of files) console.log(result, path, error?.message);
 * ```
 */
export async function* transfer(
  from: Place,
  to: Place,
  options: TransferOptions = {},
): AsyncGenerator<TransferOutcome, TransferSummary> {
  const { concurrency = usualConcurrency, signal } = options;
  throwIssues([integerIssue('concurrency', concurrency, { minimum: 1, maximum: 64 })]);
  const one = new Transfer(from, to, options);
  yield* emitted<TransferOutcome>(signal, (emit, own) => one.run(emit, own));
  return one.summary;
}
