import type { BatchTemplate } from '../../../batch/types.js';
import type { SkahaClient } from '../../../client.js';
import { PartialError } from '../../../errors/index.js';
import type { CreatedSession } from '../../../session/types.js';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { type Io, isMachine, note } from '../../io.js';
import { render } from '../../output/render.js';
import { count, plain } from '../../output/text.js';
import { usageError } from '../../usage.js';
import { launchMany, type ManyOptions, toBatch } from './create-batch.js';
import { explainCancellation, explainInput, explainRefusal } from './create-refusal.js';
import { collectEnvironment } from './environment.js';
import { inventName, usualImage } from './names.js';
import { parseCores, parseMemory } from './size.js';
import { waitForAll } from './wait.run.js';

export interface CreateCommandOptions extends Omit<ManyOptions, 'rows'> {
  kind?: string | undefined;
  image?: string | undefined;
  command: readonly string[];
  name?: string | undefined;
  cpu?: string | undefined;
  memory?: string | undefined;
  gpu?: number | undefined;
  env: readonly string[];
  envFile: readonly string[];
  file?: string | undefined;
  dryRun: boolean;
  wait: boolean;
  waitTimeout: number;
  details: boolean;
}

async function chooseImage(io: Io, deps: Deps, kind: string, image: string | undefined) {
  if (image !== undefined) return image;
  if (kind === 'headless')
    throw usageError('IMAGE is missing.', "See what there is with 'skaha image ls -k headless'.");
  const client = await deps.client();
  const found = usualImage(kind, await client.images.details({ signal: io.signal }));
  if (found === undefined)
    throw usageError(`This platform has no image for ${kind} sessions.`, 'Name an image.');
  note(io, `Using the image ${found}.`);
  return found;
}

function memoryOf(io: Io, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const { gibibytes, isRounded } = parseMemory(text);
  if (isRounded) note(io, `Memory is rounded up from ${text} to ${gibibytes} GiB.`);
  return gibibytes;
}

/** What all sessions of one launch have in common. */
async function toTemplate(
  io: Io,
  deps: Deps,
  options: CreateCommandOptions,
): Promise<BatchTemplate & { image: string }> {
  const { kind } = options;
  if (kind === undefined)
    throw usageError(
      'KIND is missing.',
      "Usage: skaha create KIND [IMAGE]; see 'skaha create -h'.",
    );
  const [cmd, ...args] = options.command;
  const cores = options.cpu === undefined ? undefined : parseCores(options.cpu);
  const memoryGiB = memoryOf(io, options.memory);
  const env = await collectEnvironment(options.env, options.envFile, io.env, deps.readTextFile);
  return {
    kind,
    image: await chooseImage(io, deps, kind, options.image),
    name: options.name ?? inventName(deps.random()),
    cores,
    memoryGiB,
    gpus: options.gpu,
    cmd,
    args: cmd === undefined ? undefined : args,
    env,
  };
}

/** A session that was launched, with what was asked for. */
interface Shown extends CreatedSession {
  image: string;
}

async function showCreated(io: Io, sessions: readonly Shown[], details: boolean): Promise<void> {
  if (sessions.length === 0) return;
  const ids = sessions.map(({ id }) => id);
  await render(io, {
    data: details
      ? sessions.map(({ index, name, id, image }) => ({ index, name, id, image }))
      : ids,
    table: () => sessions.map(({ id, name }) => `created ${id} (${plain(name)})\n`).join(''),
    names: () => ids,
  });
}

/** What was launched, and what went wrong. */
interface Launched {
  sessions: readonly CreatedSession[];
  error?: unknown;
}

type Prepared = Awaited<ReturnType<typeof toBatch>>;

async function launchOne(
  io: Io,
  client: SkahaClient,
  { array: _array, rows: _rows, ...request }: Prepared['spec'],
): Promise<Launched> {
  try {
    return await client.sessions.create({ ...request, signal: io.signal });
  } catch (error) {
    const sessions = error instanceof PartialError ? error.done : [];
    return { sessions, error: io.signal.aborted ? explainCancellation(request, error) : error };
  }
}

async function launch(io: Io, deps: Deps, prepared: Prepared): Promise<Launched> {
  const { spec, isBatch } = prepared;
  const client = await deps.client();
  if (deps.globals.logLevel === 'debug') {
    const { describePlan, planDryRun } = await import('./create-plan.js');
    io.err(describePlan(await planDryRun(io, deps, spec)));
  }
  const launched = await (isBatch ? launchMany(io, deps, prepared) : launchOne(io, client, spec));
  const { sessions, error } = launched;
  if (error === undefined || io.signal.aborted) return launched;
  return { sessions, error: await explainRefusal(io, client, spec, error) };
}

async function launchAll(
  io: Io,
  deps: Deps,
  all: readonly Prepared[],
  details: boolean,
): Promise<readonly CreatedSession[]> {
  const shown: Shown[] = [];
  let failure: unknown;
  for (const [done, prepared] of all.entries()) {
    const { sessions, error } = await launch(io, deps, prepared);
    shown.push(...sessions.map((session) => ({ ...session, image: prepared.spec.image })));
    if (error === undefined) continue;
    failure = error;
    const left = all.length - done - 1;
    if (left > 0) note(io, `${count(left, 'launch')} after this one did not begin.`);
    break;
  }
  // What exists must be told whatever else happened: it costs the user's quota.
  await showCreated(io, shown, details);
  if (failure !== undefined) throw failure;
  return shown;
}

async function dryRun(io: Io, deps: Deps, all: readonly Prepared[]): Promise<void> {
  const { planDryRun, showPlans } = await import('./create-plan.js');
  try {
    await showPlans(io, await Promise.all(all.map(({ spec }) => planDryRun(io, deps, spec))));
  } catch (error) {
    throw explainInput(error);
  }
}

async function prepare(
  io: Io,
  deps: Deps,
  options: CreateCommandOptions,
): Promise<readonly Prepared[]> {
  const documents =
    options.file === undefined
      ? [options]
      : await (await import('./create-file.js')).readSpecification(io, deps, options, options.file);
  const prepared: Prepared[] = [];
  for (const document of documents)
    prepared.push(await toBatch(deps, await toTemplate(io, deps, document), document));
  return prepared;
}

/** Launches sessions. */
export const runCreate: Run<CreateCommandOptions> = async (io, deps, options) => {
  const prepared = await prepare(io, deps, options);
  if (options.dryRun) {
    await dryRun(io, deps, prepared);
    return undefined;
  }
  const sessions = await launchAll(io, deps, prepared, options.details);
  if (!options.wait) return undefined;
  const ids = sessions.map(({ id }) => id);
  const seen = await waitForAll(io, deps, ids, {
    until: 'running',
    timeoutMs: options.waitTimeout,
  });
  if (isMachine(io.format)) return undefined;
  for (const { id, connectUrl } of seen)
    if (connectUrl !== undefined) note(io, `Open it with 'skaha open ${id}'.`);
  return undefined;
};
