import { note } from '@skaha/terminal/io.js';
import { didYouMean } from '@skaha/terminal/nearest.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import { SkahaError } from 'skaha';
import type { LaunchRecord } from 'skaha/history';
import type { OptionsOf, Run } from '../../command.js';
import type { CreateCommandOptions, relaunchCommand } from './definitions.js';
import { mergeOptions, noOptions, readLaunch } from './file.js';
import { launchDocument } from './history.js';
import { planLaunch } from './plan.js';
import { runLaunches } from './run.js';

type RelaunchOptions = OptionsOf<typeof relaunchCommand>;

/**
 * @param records - newest first
 * @param word - a number from 1, or the id or name of a session
 * @throws {SkahaError} session.not_found
 */
function findLaunch(records: readonly LaunchRecord[], word: string): LaunchRecord {
  const found = /^\d{1,3}$/.test(word)
    ? records[Number(word) - 1]
    : records.find(
        ({ sessions, specification }) =>
          specification['name'] === word ||
          sessions.some(({ id, name }) => id === word || name === word),
      );
  if (found !== undefined) return found;
  const names = records.flatMap(({ sessions }) => sessions.map(({ name }) => name));
  throw new SkahaError(
    'session.not_found',
    records.length === 0
      ? 'Nothing was launched from here yet.'
      : `There is no launch '${plain(word)}'.`,
    { id: word, hint: didYouMean(word, names, "See earlier launches with 'skaha history'.") },
  );
}

/** @throws {SkahaError} command.usage for a launch of which the record does not hold everything */
function checkComplete({ withheld, isShortened }: LaunchRecord, env: readonly string[]): void {
  if (isShortened === true)
    throw usageError(
      'It had too many rows to be saved.',
      'Launch it again with its file of parameters.',
    );
  const given = new Set(env.map((item) => item.split('=', 1)[0]));
  const missing = withheld.filter((name) => !given.has(name));
  if (missing.length === 0) return;
  throw usageError(
    `The value of ${missing.join(', ')} was not saved, because it may be secret.`,
    `Give it again: ${missing.map((name) => `-e ${name}=VALUE`).join(' ')}`,
  );
}

function describe(record: LaunchRecord, { name, image }: RelaunchOptions): string {
  const launch = launchDocument(record, 1);
  const { time, kind, total, command } = launch;
  const what = `${kind} ${plain(image ?? launch.image)}`;
  const alias = name === undefined ? '' : ` as ${plain(name)}`;
  const amount = total > 1 ? `, ${count(total, 'session')}` : '';
  const run = command === null ? '' : `: ${plain(command)}`;
  return `Launching again what was launched at ${time}: ${what}${alias}${amount}${run}`;
}

/** The options of the first launch, and over them those that were given now. */
function optionsOf(
  { specification, rows }: LaunchRecord,
  { launch: _launch, ...given }: RelaunchOptions,
): CreateCommandOptions {
  const document = readLaunch(specification, 'The record of the launch');
  return { ...mergeOptions({ ...noOptions, command: [], ...given }, document), rows };
}

export const runRelaunch: Run<typeof relaunchCommand> = async (io, deps, options) => {
  const records = await (await deps.launches()).read();
  const record = findLaunch(records.reverse(), options.launch ?? '1');
  checkComplete(record, options.env);
  note(io, describe(record, options));
  const { root } = await (await deps.client()).connection();
  const { server } = record;
  if (root !== server) note(io, `The original ran on ${server}; this one goes to ${root}.`);
  const chosen = optionsOf(record, options);
  await runLaunches(io, deps, [await planLaunch(io, deps, chosen)], chosen);
};
