import { type Io, note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { canAsk } from '@skaha/terminal/prompts/ask.js';
import { usageError } from '@skaha/terminal/usage.js';
import type { CreatedSession } from 'skaha';
import type { Run } from '../../command.js';
import type { Deps } from '../../environment/deps.js';
import { afterInterruption, afterLaunch } from './after.js';
import type { CreateCommandOptions, createCommand } from './definitions.js';
import { type Launch, planLaunch } from './plan.js';
import { explainInput } from './refusal.js';
import { send } from './send.js';
import { withKind } from './template.js';

export const runCreate: Run<typeof createCommand> = async (io, deps, options) => {
  const launches: Launch[] = [];
  for (const one of await eachLaunch(io, deps, options))
    launches.push(await planLaunch(io, deps, one));
  await runLaunches(io, deps, launches, options);
};

/** The options of each launch: those of the command line, or one for each document of a file. */
async function eachLaunch(
  io: Io,
  deps: Deps,
  options: CreateCommandOptions,
): Promise<readonly CreateCommandOptions[]> {
  const { file, kind, registrySecretStdin } = options;
  if (file === '-' && registrySecretStdin)
    throw usageError(
      'Standard input cannot supply both the file and the secret of the registry.',
      'Give a file with -f.',
    );
  if (file !== undefined) {
    const { readSpecification } = await import('./file.js');
    return readSpecification(io, deps, options, file);
  }
  if (kind !== undefined) return [await withKind(io, deps, options)];
  if (!canAsk(io)) return [options];
  const { askLaunch } = await import('./asking.js');
  return [await askLaunch(io, deps, options)];
}

/** Sends launches one after the other, or prints them, and does what is to follow. */
export async function runLaunches(
  io: Io,
  deps: Deps,
  launches: readonly Launch[],
  { details, dryRun }: Pick<CreateCommandOptions, 'details' | 'dryRun'>,
): Promise<void> {
  if (dryRun) return printPlans(io, deps, launches);
  for (const { launch, sessions } of await sendAll(io, deps, launches, details))
    await afterLaunch(io, deps, launch, sessions);
}

async function printPlans(io: Io, deps: Deps, launches: readonly Launch[]): Promise<void> {
  const { planDryRun, showPlans } = await import('./preview.js');
  try {
    const plans = await Promise.all(launches.map(({ spec }) => planDryRun(io, deps, spec)));
    await showPlans(io, plans);
  } catch (error) {
    throw explainInput(error);
  }
}

/** A launch that was sent, and its sessions. */
interface SentLaunch {
  launch: Launch;
  sessions: readonly CreatedSession[];
}

/** @throws what ended the first launch that failed; those after it are not sent */
async function sendAll(
  io: Io,
  deps: Deps,
  launches: readonly Launch[],
  details: boolean,
): Promise<readonly SentLaunch[]> {
  const sent: SentLaunch[] = [];
  let failure: unknown;
  for (const launch of launches) {
    const { sessions, error } = await send(io, deps, launch);
    sent.push({ launch, sessions });
    failure = error;
    if (error !== undefined) break;
  }
  const left = launches.length - sent.length;
  if (left > 0)
    note(io, `${count(left, 'launch')} after this one ${left === 1 ? 'was' : 'were'} not started.`);
  // What exists must be shown whatever else happened: it costs the user's quota.
  const attach = launches.some(({ after }) => after.attach);
  await showCreated(io, sent, details, attach);
  if (failure === undefined) return sent;
  if (io.signal.aborted && launches.some(({ after }) => after.rm)) {
    const all = sent.flatMap(({ sessions }) => sessions);
    await afterInterruption(io, deps, all, { rm: true, attach });
  }
  throw failure;
}

async function showCreated(
  io: Io,
  sent: readonly SentLaunch[],
  details: boolean,
  attach: boolean,
): Promise<void> {
  const items = sent.flatMap(({ launch: { spec }, sessions }) =>
    sessions.map(({ index, name, id }) => ({ index, name, id, image: spec.image })),
  );
  if (items.length === 0) return;
  const lines = items.map(({ id, name }) => `created ${id} (${plain(name)})`);
  if (attach) {
    // What the sessions write is the data then.
    for (const line of lines) note(io, line);
    return;
  }
  const ids = items.map(({ id }) => id);
  await render(io, {
    data: details ? items : ids,
    items: () => items,
    table: () => lines.map((line) => `${line}\n`).join(''),
    names: () => ids,
  });
}
