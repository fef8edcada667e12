import { type Io, note } from '@skaha/terminal/io.js';
import { canAsk } from '@skaha/terminal/prompts/ask.js';
import { usageError } from '@skaha/terminal/usage.js';
import { launchableKinds } from '@skaha/wire/kinds.js';
import { type ImageInfo, imageKinds, isSkahaError, usualImage } from 'skaha';
import type { Deps } from '../../deps.js';
import type { CreateCommandOptions } from './definitions.js';
import { nearestImage } from './refusal.js';

/** Family names of people who read the sky, as names for sessions that were given none. */
const surnames = (
  'aryabhata banneker bappu bell bowen brahe burbidge cannon cassini cerenkov chandra ' +
  'chavez copernicus curtis donati eddington einstein encke faber flamsteed fleming fowler ' +
  'galilei gill goodricke halley herschel hertzsprung hewish hipparchus hogg hoyle hubble huggins ' +
  'humason hypatia kapteyn kepler kuiper leavitt lemaitre lovell maury messier mitchell oort ' +
  'payne penzias piazzi plaskett ptolemy reber rubin russell ryle sagan schmidt shapley slipher ' +
  'somerville struve tinsley tombaugh tycho wilson zwicky'
).split(' ');

/**
 * A name for a session, one word.
 *
 * @param random - from 0 up to but not including 1
 */
export const inventName = (random: number): string =>
  surnames[Math.floor(random * surnames.length)] ?? 'hubble';

/** The image for a kind when none was named. */
export async function chooseImage(io: Io, deps: Deps, kind: string): Promise<string> {
  if (kind === 'headless')
    throw usageError('IMAGE is missing.', "See what there is with 'skaha image ls -k headless'.");
  const client = await deps.client();
  const found = usualImage(kind, await client.images.details({ signal: io.signal }));
  if (found === undefined)
    throw usageError(`This platform has no image for ${kind} sessions.`, 'Specify an image.');
  note(io, `Using the image ${found}.`);
  return found;
}

/**
 * The name of a session that was given none: a made-up word for a job; for what people look at its
 * kind with a number, as the portal does.
 *
 * @param isDryRun - does without the platform where that cannot be asked
 */
export async function chooseName(
  io: Io,
  deps: Deps,
  kind: string,
  isDryRun = false,
): Promise<string> {
  if (kind === 'headless') return inventName(deps.random());
  const taken = new Set<string>();
  try {
    const client = await deps.client();
    const sessions = await client.sessions.fetch({ signal: io.signal });
    for (const { name } of sessions) taken.add(name.toLowerCase());
  } catch (error) {
    if (!isDryRun || !isSkahaError(error) || io.signal.aborted) throw error;
  }
  for (let number = 1; ; number += 1) if (!taken.has(`${kind}${number}`)) return `${kind}${number}`;
}

const kindOf = (word: string | undefined): string | undefined =>
  launchableKinds.find((kind) => kind === word?.toLowerCase());

const specifyHint = (image: string, kinds: readonly string[]): string =>
  `Specify one, for example 'skaha create ${kinds[0] ?? 'notebook'} ${image}'; there are ${kinds.join(', ')}.`;

/** @throws {SkahaError} command.usage for an image that cannot be launched, or is not known */
function kindsFor(image: string, images: readonly ImageInfo[]): readonly string[] {
  const types = imageKinds(image, images);
  if (types === undefined) {
    const guess = nearestImage(image, images);
    throw usageError(
      `The platform does not list the image ${image}, so its kind is not known.`,
      `${guess === undefined ? '' : `Did you mean ${guess}? `}${specifyHint(image, launchableKinds)}`,
    );
  }
  const kinds = launchableKinds.filter((kind) => types.includes(kind));
  if (kinds.length > 0) return kinds;
  throw usageError(
    `The image ${image} is for ${types.join(', ') || 'no kind of session'}.`,
    types.includes('desktop-app')
      ? `Start it on a desktop: 'skaha app create'`
      : specifyHint(image, launchableKinds),
  );
}

/** What was asked for decides between kinds: a command is for a headless session, a page is not. */
async function chooseKind(
  io: Io,
  deps: Deps,
  kinds: readonly string[],
  options: CreateCommandOptions & { image: string },
): Promise<string> {
  const { image, command, script, sh, attach, open } = options;
  const isJob = command.length > 0 || script !== undefined || sh !== undefined || attach;
  if (isJob && kinds.includes('headless')) return 'headless';
  const pages = kinds.filter((kind) => kind !== 'headless');
  const left = pages.length > 0 && !isJob ? pages : kinds;
  const [only, ...more] = open && pages.length > 0 ? pages : left;
  if (only !== undefined && more.length === 0) return only;
  if (!canAsk(io))
    throw usageError(
      `The image ${image} can be launched as ${left.join(' or ')}.`,
      specifyHint(image, left),
    );
  return (await deps.prompts()).choose(
    'Which kind should it be?',
    left.map((kind) => ({ value: kind, label: kind })),
    io.signal,
  );
}

/**
 * Finds the kind that the command line lacks: `create IMAGE` is what the platform says about the image.
 * The two words may stand in either order.
 *
 * @throws {SkahaError} command.usage for what is neither a kind nor an image
 */
export async function withKind(
  io: Io,
  deps: Deps,
  options: CreateCommandOptions,
): Promise<CreateCommandOptions> {
  const { kind: word, image: second } = options;
  if (word === undefined || kindOf(word) !== undefined) return options;
  const other = kindOf(second);
  if (other !== undefined) return { ...options, kind: other, image: word };
  if (second !== undefined)
    throw usageError(
      `'${second}' is neither a kind nor part of the image ${word}.`,
      `Put a command after --, as in 'skaha create ${word} -- ${second}'.`,
    );
  const client = await deps.client();
  const kinds = kindsFor(word, await client.images.details({ signal: io.signal }));
  const chosen = await chooseKind(io, deps, kinds, { ...options, image: word });
  note(io, `Its kind is ${chosen}, according to the platform.`);
  return { ...options, kind: chosen, image: word };
}
