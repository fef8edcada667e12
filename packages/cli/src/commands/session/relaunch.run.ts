import { type Io, note } from '@skaha/terminal/io.js';
import { nearest } from '@skaha/terminal/nearest.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { usageError } from '@skaha/terminal/usage.js';
import { SkahaError } from 'skaha';
import type { Run } from '../../command.js';
import { runPrepared } from './create.run.js';
import type { AfterOptions } from './create-after.js';
import { readDocument } from './create-file.js';
import { type CreateCommandOptions, prepareLaunch } from './create-prepare.js';
import { type LaunchDocument, launchDocuments } from './history-view.js';
import type { LaunchRecord } from './launch-log.js';

export interface RelaunchOptions extends AfterOptions {
  launch?: string | undefined;
  name?: string | undefined;
  image?: string | undefined;
  env: readonly string[];
  dryRun: boolean;
  details: boolean;
}

function find(records: readonly LaunchRecord[], word: string): LaunchRecord {
  const newest = [...records].reverse();
  const found = /^\d{1,3}$/.test(word)
    ? newest[Number(word) - 1]
    : newest.find(
        ({ sessions, specification }) =>
          specification['name'] === word ||
          sessions.some(({ id, name }) => id === word || name === word),
      );
  if (found !== undefined) return found;
  const names = newest.flatMap(({ sessions }) => sessions.map(({ name }) => name));
  const guess = nearest(word, names);
  throw new SkahaError(
    'session.not_found',
    records.length === 0
      ? 'Nothing was launched from here yet.'
      : `There is no launch '${plain(word)}'.`,
    {
      id: word,
      hint: `${guess === undefined ? '' : `Did you mean '${guess}'? `}See what there was with 'skaha history'.`,
    },
  );
}

/** What cannot be launched as it was, because the record does not hold all of it. */
function checkComplete({ withheld, isShortened }: LaunchRecord, env: readonly string[]): void {
  if (isShortened === true)
    throw usageError(
      'Its rows were too many to be kept.',
      'Launch it again with its file of parameters.',
    );
  const given = new Set(env.map((item) => item.split('=', 1)[0]));
  const missing = withheld.filter((name) => !given.has(name));
  if (missing.length === 0) return;
  throw usageError(
    `The value of ${missing.join(', ')} was not kept, because it may be secret.`,
    `Give it again: ${missing.map((name) => `-e ${name}=VALUE`).join(' ')}`,
  );
}

function describe(launch: LaunchDocument, { name, image }: RelaunchOptions): string {
  const { kind, total, command } = launch;
  const what = `${kind} ${plain(image ?? launch.image)}`;
  const amount = total > 1 ? `, ${count(total, 'session')}` : '';
  const run = command === null ? '' : `: ${plain(command)}`;
  return `Launching again what was launched at ${launch.time}: ${what}${name === undefined ? '' : ` as ${plain(name)}`}${amount}${run}`;
}

/** The options of the first launch, and over them those that were given now. */
function optionsOf(record: LaunchRecord, given: RelaunchOptions): CreateCommandOptions {
  const read = readDocument(record.specification, 'The record of the launch');
  const { launch: _launch, name, image, env, ...after } = given;
  const earlier = Array.isArray(read['env']) ? read['env'].map(String) : [];
  // The values come from the same declarations as those of the command line.
  const options = {
    ...{ command: [], envFile: [], flex: false, fixed: false, atomic: false },
    registrySecretStdin: false,
    ...read,
    ...after,
    env: [...earlier, ...env],
    ...(name === undefined ? {} : { name }),
    ...(image === undefined ? {} : { image }),
    rows: record.rows,
  };
  return options as CreateCommandOptions;
}

function tellServer(io: Io, root: string, { server }: LaunchRecord): void {
  if (root !== server) note(io, `It ran on ${server} then; now it goes to ${root}.`);
}

/** Launches again what was launched before. */
export const runRelaunch: Run<RelaunchOptions> = async (io, deps, options) => {
  const records = await (await deps.launches()).read();
  const record = find(records, options.launch ?? '1');
  checkComplete(record, options.env);
  const [launch] = launchDocuments([record]);
  if (launch !== undefined) note(io, describe(launch, options));
  const client = await deps.client();
  tellServer(io, (await client.connection()).root, record);
  const chosen = optionsOf(record, options);
  await runPrepared(io, deps, [await prepareLaunch(io, deps, chosen)], chosen);
  return undefined;
};
