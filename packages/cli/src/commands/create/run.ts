import { isSecretName } from '@skaha/base/redact.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { canAsk } from '@skaha/terminal/prompts/ask.js';
import { usageError } from '@skaha/terminal/usage.js';
import type { CreatedSession } from 'skaha';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { afterInterruption, afterLaunch } from './after.js';
import type { createCommand } from './definitions.js';
import type { LaunchRecord } from './history.js';
import type { CreateCommandOptions } from './options.js';
import { type Prepared, prepareLaunch } from './plan.js';
import { explainCancellation, explainInput, explainRefusal } from './refusal.js';
import { type Launched, send } from './send.js';

const keptSessions = 100;

/** What of a launch is written down. */
type Remembered = Pick<Prepared, 'files' | 'isNamed' | 'options' | 'spec'>;

/** What was launched, with the long names of the options of `create` as keys. */
function specificationOf({ spec, options, isNamed, files }: Remembered): Record<string, unknown> {
  const { kind, image, cores, memoryGiB, gpus, cmd, args = [], env = {} } = spec;
  const { retries, retryOn, backoffMs, maxActive, atomic } = options;
  const open = Object.entries(env).filter(([name]) => !isSecretName(name));
  return {
    kind,
    image,
    // A generated name is generated again.
    ...(isNamed ? { name: spec.name } : {}),
    ...(cmd === undefined ? {} : { command: [cmd, ...args] }),
    cpu: cores,
    memory: memoryGiB,
    gpu: gpus,
    ...(open.length === 0 ? {} : { env: Object.fromEntries(open) }),
    ...(spec.rows === undefined ? { replicas: spec.replicas } : {}),
    // Its job keeps its name; another gets one of its own.
    array: spec.array,
    retries,
    'retry-on': retryOn?.join(','),
    backoff: backoffMs === undefined ? undefined : `${backoffMs}ms`,
    'max-active': maxActive,
    ...(atomic === true ? { atomic } : {}),
    upload: files?.uploads.map(({ from, to }) => `${from}:${to}`),
    download: files?.downloads.map(({ from, to }) => `${from}:${to}`),
  };
}

function recordOf(
  prepared: Remembered,
  sessions: readonly CreatedSession[],
  { server, now }: { server: string; now: number },
): LaunchRecord {
  const { env = {}, rows } = prepared.spec;
  const variables = new Set([...Object.keys(env), ...(rows ?? []).flatMap(Object.keys)]);
  return {
    time: new Date(now).toISOString(),
    server,
    specification: specificationOf(prepared),
    rows: rows?.map((row) =>
      Object.fromEntries(
        Object.entries(row)
          .filter(([name]) => !isSecretName(name))
          .map(([name, value]) => [name, String(value)]),
      ),
    ),
    withheld: [...variables].filter((name) => isSecretName(name)),
    sessions: sessions.slice(0, keptSessions).map(({ id, name }) => ({ id, name })),
    total: sessions.length,
  };
}

/** Writes a launch down; that it cannot be written down is no reason to fail. */
export async function remember(
  io: Io,
  deps: Deps,
  prepared: Remembered,
  sessions: readonly CreatedSession[],
): Promise<void> {
  if (sessions.length === 0) return;
  try {
    const { root } = await (await deps.client()).connection();
    const log = await deps.launches();
    await log.add(recordOf(prepared, sessions, { server: root, now: deps.now() }));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    note(io, `The launch could not be recorded for 'skaha history': ${plain(reason)}`);
  }
}

/** A session that was launched, with what was asked for. */
interface Shown extends CreatedSession {
  image: string;
}

async function showCreated(
  io: Io,
  sessions: readonly Shown[],
  { details, attach }: Pick<CreateCommandOptions, 'attach' | 'details'>,
): Promise<void> {
  if (sessions.length === 0) return;
  const lines = sessions.map(({ id, name }) => `created ${id} (${plain(name)})`);
  if (attach) {
    // What the sessions write is the data then.
    for (const line of lines) note(io, line);
    return;
  }
  const ids = sessions.map(({ id }) => id);
  const items = sessions.map(({ index, name, id, image }) => ({ index, name, id, image }));
  await render(io, {
    data: details ? items : ids,
    items: () => items,
    table: () => lines.map((line) => `${line}\n`).join(''),
    names: () => ids,
  });
}

async function launch(io: Io, deps: Deps, prepared: Prepared): Promise<Launched> {
  const { spec, after, isBatch } = prepared;
  const launched = await send(io, deps, prepared, after.progress);
  const { sessions, plan, error } = launched;
  if (plan !== undefined && deps.globals.logLevel === 'debug') {
    const { describePlan } = await import('./preview.js');
    io.err(describePlan(plan, true));
  }
  await remember(io, deps, prepared, sessions);
  if (error === undefined) return launched;
  if (!io.signal.aborted)
    return { sessions, error: await explainRefusal(io, await deps.client(), spec, error) };
  return isBatch ? launched : { sessions, error: explainCancellation(spec, error) };
}

/** One launch, and the sessions that came of it. */
interface Done {
  prepared: Prepared;
  sessions: readonly CreatedSession[];
}

async function launchAll(
  io: Io,
  deps: Deps,
  all: readonly Prepared[],
  options: CreateCommandOptions,
): Promise<readonly Done[]> {
  const done: Done[] = [];
  const shown: Shown[] = [];
  let failure: unknown;
  for (const prepared of all) {
    const { sessions, error } = await launch(io, deps, prepared);
    done.push({ prepared, sessions });
    shown.push(...sessions.map((session) => ({ ...session, image: prepared.spec.image })));
    if (error === undefined) continue;
    failure = error;
    const left = all.length - done.length;
    if (left > 0)
      note(
        io,
        `${count(left, 'launch')} after this one ${left === 1 ? 'was' : 'were'} not started.`,
      );
    break;
  }
  // What exists must be told whatever else happened: it costs the user's quota.
  const attach = all.some(({ after }) => after.attach);
  await showCreated(io, shown, { details: options.details, attach });
  if (failure === undefined) return done;
  const rm = all.some(({ after }) => after.rm);
  if (io.signal.aborted && rm) await afterInterruption(io, deps, shown, { rm, attach });
  throw failure;
}

async function dryRun(io: Io, deps: Deps, all: readonly Prepared[]): Promise<void> {
  const { planDryRun, showPlans } = await import('./preview.js');
  try {
    await showPlans(io, await Promise.all(all.map(({ spec }) => planDryRun(io, deps, spec))));
  } catch (error) {
    throw explainInput(error);
  }
}

/** What the words leave open is asked for, or is what the platform says of the image. */
async function completed(
  io: Io,
  deps: Deps,
  options: CreateCommandOptions,
): Promise<CreateCommandOptions> {
  if (options.kind !== undefined) {
    const { withKind } = await import('./guess.js');
    return withKind(io, deps, options);
  }
  if (!canAsk(io)) return options;
  const { askLaunch } = await import('./asking.js');
  return askLaunch(io, deps, options);
}

async function prepare(
  io: Io,
  deps: Deps,
  options: CreateCommandOptions,
): Promise<readonly Prepared[]> {
  if (options.file === '-' && options.registrySecretStdin)
    throw usageError(
      'Standard input cannot supply both the file and the secret of the registry.',
      'Give a file with -f.',
    );
  if (options.file === undefined)
    return [await prepareLaunch(io, deps, await completed(io, deps, options))];
  const { readSpecification } = await import('./file.js');
  const documents = await readSpecification(io, deps, options, options.file);
  const prepared: Prepared[] = [];
  for (const document of documents) prepared.push(await prepareLaunch(io, deps, document));
  return prepared;
}

export async function runPrepared(
  io: Io,
  deps: Deps,
  all: readonly Prepared[],
  options: CreateCommandOptions,
): Promise<void> {
  if (options.dryRun) return dryRun(io, deps, all);
  for (const { prepared, sessions } of await launchAll(io, deps, all, options))
    await afterLaunch(io, deps, sessions, { ...prepared.after, kind: prepared.spec.kind });
}

export const runCreate: Run<typeof createCommand> = async (io, deps, options) => {
  await runPrepared(io, deps, await prepare(io, deps, options), options);
};
