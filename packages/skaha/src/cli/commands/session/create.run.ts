import type { SkahaClient } from '../../../client.js';
import { PartialError } from '../../../errors/index.js';
import type { CreatedSession, CreateOptions } from '../../../session/types.js';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { type Io, isMachine, note } from '../../io.js';
import { createProgress } from '../../output/progress.js';
import { render } from '../../output/render.js';
import { plain } from '../../output/text.js';
import { usageError } from '../../usage.js';
import { explainInput, explainRefusal } from './create-refusal.js';
import { collectEnvironment } from './environment.js';
import { inventName, usualImage } from './names.js';
import { parseCores, parseMemory } from './size.js';
import { waitForAll } from './wait.run.js';

export interface CreateCommandOptions {
  kind: string;
  image?: string | undefined;
  command: readonly string[];
  name?: string | undefined;
  cpu?: string | undefined;
  memory?: string | undefined;
  gpu?: number | undefined;
  env: readonly string[];
  envFile: readonly string[];
  replicas: number;
  dryRun: boolean;
  wait: boolean;
  waitTimeout: number;
  details: boolean;
}

async function chooseImage(io: Io, deps: Deps, { kind, image }: CreateCommandOptions) {
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

/** What the words of the command line ask of the library. */
async function toRequest(
  io: Io,
  deps: Deps,
  options: CreateCommandOptions,
): Promise<CreateOptions & { image: string }> {
  const [cmd, ...args] = options.command;
  const cores = options.cpu === undefined ? undefined : parseCores(options.cpu);
  const memoryGiB = memoryOf(io, options.memory);
  const env = await collectEnvironment(options.env, options.envFile, io.env, deps.readTextFile);
  return {
    kind: options.kind,
    image: await chooseImage(io, deps, options),
    name: options.name ?? inventName(deps.random()),
    cores,
    memoryGiB,
    gpus: options.gpu,
    cmd,
    args: cmd === undefined ? undefined : args,
    env,
    replicas: options.replicas,
    signal: io.signal,
  };
}

async function showCreated(
  io: Io,
  sessions: readonly CreatedSession[],
  { image, details }: { image: string; details: boolean },
): Promise<void> {
  if (sessions.length === 0) return;
  const ids = sessions.map(({ id }) => id);
  await render(io, {
    data: details ? sessions.map(({ index, name, id }) => ({ index, name, id, image })) : ids,
    table: () => sessions.map(({ id, name }) => `created ${id} (${plain(name)})\n`).join(''),
    names: () => ids,
  });
}

async function launch(
  io: Io,
  client: SkahaClient,
  request: CreateOptions & { image: string },
  details: boolean,
): Promise<readonly CreatedSession[]> {
  const total = request.replicas ?? 1;
  let launched = 0;
  const progress = createProgress(io);
  const onCreated = () => {
    launched += 1;
    if (total > 1) progress.show(`${launched} of ${total} launched`);
  };
  const shown = { image: request.image, details };
  try {
    const { sessions } = await client.sessions.create({ ...request, onCreated });
    progress.clear();
    await showCreated(io, sessions, shown);
    return sessions;
  } catch (error) {
    progress.clear();
    // What exists must be told whatever else happened: it costs the user's quota.
    if (error instanceof PartialError) await showCreated(io, error.done, shown);
    throw io.signal.aborted ? error : await explainRefusal(io, client, request, error);
  }
}

async function dryRun(io: Io, deps: Deps, request: CreateOptions & { image: string }) {
  const { planDryRun, showPlan } = await import('./create-plan.js');
  try {
    await showPlan(io, await planDryRun(io, deps, request));
  } catch (error) {
    throw explainInput(error);
  }
}

/** Launches sessions. */
export const runCreate: Run<CreateCommandOptions> = async (io, deps, options) => {
  const request = await toRequest(io, deps, options);
  if (options.dryRun) {
    await dryRun(io, deps, request);
    return undefined;
  }
  const client = await deps.client();
  if (deps.globals.logLevel === 'debug') {
    const { describePlan, planDryRun } = await import('./create-plan.js');
    io.err(describePlan(await planDryRun(io, deps, request)));
  }
  const sessions = await launch(io, client, request, options.details);
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
