import { type Io, note } from '@skaha/terminal/io.js';
import type { ProgressMode } from '@skaha/terminal/output/progress-option.js';
import { createSteps, type Step } from '@skaha/terminal/output/steps.js';
import { Tally } from '@skaha/terminal/output/tally.js';
import { plain } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import { type CreatedSession, isSkahaError, PartialError, type SkahaClient } from 'skaha';
import type {
  BatchOutcome,
  BatchPlan,
  BatchState,
  ResumeOptions,
  SettledBatch,
  StagedEvent,
  StagedMove,
} from 'skaha/batch';
import type { FileJournal, JobStore } from 'skaha/batch/journal';
import { launchRecord } from 'skaha/history';
import type { Deps } from '../../environment/deps.js';
import { reworded } from '../../output/outcome.js';
import { waitingReporter } from '../session/waiting.js';
import type { Launch } from './plan.js';
import { explainRefusal } from './refusal.js';
import type { fileMover, StagedFiles } from './staging.js';

/** What was launched, what was sent for it, and what was not done. */
interface Sent {
  sessions: readonly CreatedSession[];
  /** Undefined when it never came to sending. */
  plan?: BatchPlan | undefined;
  error?: unknown;
}

/**
 * Sends a launch, with a journal when it is a batch, reports progress, and records what was launched
 * for `history`.
 *
 * @returns what became of it, whatever happened
 */
export async function send(io: Io, deps: Deps, launch: Launch): Promise<Omit<Sent, 'plan'>> {
  const client = await deps.client();
  const { sessions, plan, error } = await (launch.isBatch
    ? sendBatch(io, deps, client, launch)
    : sendAlone(io, client, launch));
  if (plan !== undefined && deps.globals.logLevel === 'debug') {
    const { describePlan } = await import('./preview.js');
    io.err(describePlan(plan, true));
  }
  await recordLaunch(io, deps, launch, sessions);
  if (error === undefined || io.signal.aborted) return { sessions, error };
  return { sessions, error: await explainRefusal(io, client, launch.spec, error) };
}

/** Launches without a journal: of a single session nothing could be resumed. */
async function sendAlone({ signal }: Io, client: SkahaClient, { spec }: Launch): Promise<Sent> {
  let plan: BatchPlan | undefined;
  const onPlanned = (planned: BatchPlan) => {
    plan = planned;
  };
  try {
    const { sessions } = await client.sessions.create({ ...spec, signal, onPlanned });
    return { sessions, plan };
  } catch (error) {
    // What exists counts towards the user's quota, whatever else happened.
    return { sessions: error instanceof PartialError ? error.done : [], plan, error };
  }
}

async function sendBatch(io: Io, deps: Deps, client: SkahaClient, launch: Launch): Promise<Sent> {
  const { spec, options, files, after } = launch;
  const [store, { runBatch }] = await Promise.all([deps.jobs(), import('skaha/batch')]);
  const journal = await openNewJob(store, launch, io.signal);
  try {
    const sent = await workThrough(io, deps, { journal, files, progress: after.progress }, (call) =>
      runBatch(client, spec, { ...options, ...call }),
    );
    if (options.until === 'launched' && (files?.downloads.length ?? 0) > 0)
      note(io, `When it has ended, fetch its output with 'skaha jobs resume ${journal.job}'.`);
    if (sent.state !== undefined) return sent;
    // Nothing was begun: nothing can be resumed.
    await journal.close();
    await store.remove(journal.job);
    return { sessions: [], error: sent.error };
  } finally {
    await journal.close();
  }
}

/**
 * A name of the user's own must be free; a name made from that of the sessions gets a number when
 * there was such a batch before.
 *
 * @throws {SkahaError} command.usage when the name is taken
 */
async function openNewJob(
  store: JobStore,
  { job, spec }: Launch,
  signal: AbortSignal,
): Promise<FileJournal> {
  try {
    return await store.openNew(job ?? spec.name, { mustBeNew: job !== undefined, signal });
  } catch (error) {
    if (!isSkahaError(error, 'batch.exists')) throw error;
    const hint = `Resume it with 'skaha jobs resume ${job}', or use another name.`;
    throw usageError(error.message, hint);
  }
}

/** Sends what is missing from a batch and reports progress. */
export async function sendMissing(
  io: Io,
  deps: Deps,
  journal: FileJournal,
  options: Omit<ResumeOptions, keyof BatchCall>,
  progress: ProgressMode,
): Promise<SettledBatch> {
  const [client, { resumeBatch }] = await Promise.all([deps.client(), import('skaha/batch')]);
  // Which files go along is in the journal.
  const files = {};
  return workThrough(io, deps, { journal, files, progress }, (call) =>
    resumeBatch(client, { ...options, ...call }),
  );
}

/** What the sending of a batch needs, whether it is new or goes on. */
type BatchCall = Pick<ResumeOptions, 'journal' | 'onPlanned' | 'signal' | 'staging'>;

interface BatchWork {
  journal: FileJournal;
  files: Partial<StagedFiles> | undefined;
  progress: ProgressMode;
}

/** Runs a batch to its end and reports progress. */
async function workThrough(
  io: Io,
  deps: Deps,
  { journal, files, progress }: BatchWork,
  begin: (call: BatchCall) => AsyncGenerator<BatchOutcome, BatchState>,
): Promise<SettledBatch & Sent> {
  const { settleBatch } = await import('skaha/batch');
  const { job } = journal;
  const { signal } = io;
  let plan: BatchPlan | undefined;
  const onPlanned = (planned: BatchPlan) => {
    plan = planned;
  };
  const report = batchReport(io, deps, progress, () => plan?.requests.length ?? 0);
  let spareNoMore: (() => void) | undefined;
  const onOutcome = async (outcome: BatchOutcome) => {
    spareNoMore ??= await deps.spareMemory?.();
    report.add(outcome);
  };
  const staging = files && stagingOf(io, deps, files);
  const resumeHint = `Continue with 'skaha jobs resume ${job}'.`;
  try {
    const outcomes = begin({ journal, signal, onPlanned, staging });
    const settled = await settleBatch(outcomes, { journal, signal, onOutcome, resumeHint });
    return { ...settled, plan, error: withNextStep(settled.error, job, signal) };
  } finally {
    spareNoMore?.();
    await staging?.close();
    await report.end();
  }
}

const stagedWords = {
  upload: { done: 'Sent', failed: 'Could not send' },
  download: { done: 'Fetched', failed: 'Could not fetch' },
};

/** Moves the files of a batch; what does that is loaded with the first of them. */
function stagingOf(io: Io, deps: Deps, files: Partial<StagedFiles>) {
  let mover: Promise<ReturnType<typeof fileMover>> | undefined;
  return {
    ...files,
    move: async (pair: StagedMove) => {
      mover ??= import('./staging.js').then((staging) => staging.fileMover(io, deps));
      await (await mover).move(pair);
    },
    onStaged: ({ direction, from, to, result, error }: StagedEvent) => {
      // Each is reported once: when it is there, or why it is not.
      if (result === 'begun') return;
      const why = error === undefined ? '.' : `: ${plain(error.message)}`;
      note(io, `${stagedWords[direction][result]} ${plain(from)} to ${plain(to)}${why}`);
    },
    close: async () => (await mover)?.close(),
  };
}

/** The error of a batch with the command that helps. */
function withNextStep(error: unknown, job: string, { aborted }: AbortSignal): unknown {
  if (isSkahaError(error, 'session.failed'))
    return reworded(error, { hint: `See why with 'skaha jobs logs ${job} --failed'.` });
  if (aborted && error instanceof PartialError) {
    const hint = `Continue with 'skaha jobs resume ${job}', or undo it with 'skaha jobs cancel ${job}'.`;
    return reworded(error, { hint });
  }
  return error;
}

const resultsInOrder = [
  'launched',
  'completed',
  'failed',
  'rejected',
  'unknown',
  'retrying',
  'removed',
];

const badResults = new Set(['failed', 'gone', 'rejected', 'unknown']);

function outcomeText({ name, id, result, error, attempt }: BatchOutcome): string {
  if (result === 'retrying')
    return `${plain(name)}: ${plain(error?.message ?? '')} Trying again (${attempt}).`;
  return `${plain(name)}${id === undefined ? '' : ` (${id})`}: ${result}`;
}

/**
 * Reports the outcomes of a batch: a line that changes on a terminal, otherwise only problems.
 *
 * @param total - how many sessions it has, which is known once it is planned
 */
function batchReport(io: Io, deps: Deps, mode: ProgressMode, total: () => number) {
  const steps = createSteps(io, { mode, now: deps.now, fewItems: 1, reportsAll: false });
  const latest = new Tally<number, BatchOutcome>(
    ({ result }) => (result === 'gone' ? 'completed' : result),
    resultsInOrder,
  );
  const step = (what: Pick<Step, 'id' | 'isTrouble' | 'phase' | 'reason' | 'text'>) => {
    const done = latest.size - latest.count('retrying');
    const summary = `${latest.summary || '0 launched'} of ${total()}`;
    steps.step({ event: 'launch', ...what, done, total: total(), summary });
  };
  const waiting = waitingReporter(deps, {
    ids: () => latest.items.flatMap(({ id, result }) => (result === 'launched' && id ? [id] : [])),
    report: (what) => step({ ...what, isTrouble: true }),
    signal: io.signal,
  });
  return {
    add: (outcome: BatchOutcome) => {
      const { index, id, result, error } = outcome;
      latest.set(index, outcome);
      // Why an item was refused is reported at the end, with all others.
      const isTrouble = result === 'retrying' || (badResults.has(result) && error === undefined);
      step({ id, phase: result, text: outcomeText(outcome), isTrouble });
      if (result === 'launched') waiting.begin();
    },
    end: async () => {
      await waiting.end();
      steps.end();
    },
  };
}

/** Records a launch for `history` and `relaunch`; that it cannot be recorded is no reason to fail. */
async function recordLaunch(
  io: Io,
  deps: Deps,
  { spec, options, files, isNamed }: Launch,
  sessions: readonly CreatedSession[],
): Promise<void> {
  if (sessions.length === 0) return;
  try {
    const { root: server } = await (await deps.client()).connection();
    // A generated name is generated again.
    const named = isNamed ? spec : { ...spec, name: undefined };
    const launch = { spec: named, options, files, sessions, server, at: deps.now() };
    await (await deps.launches()).add(launchRecord(launch));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    note(io, `The launch could not be recorded for 'skaha history': ${plain(reason)}`);
  }
}
