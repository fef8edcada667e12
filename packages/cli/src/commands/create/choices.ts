import { type Io, note } from '@skaha/terminal/io.js';
import { usageError } from '@skaha/terminal/usage.js';
import { isSkahaError, usualImage } from 'skaha';
import type { Deps } from '../../deps.js';

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

/** The first name of a kind that no session has: `notebook1`, `notebook2`, … */
function freeName(kind: string, taken: readonly string[]): string {
  const names = new Set(taken.map((name) => name.toLowerCase()));
  for (let number = 1; ; number += 1) {
    const name = `${kind}${number}`;
    if (!names.has(name)) return name;
  }
}

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
  try {
    const client = await deps.client();
    const sessions = await client.sessions.fetch({ signal: io.signal });
    return freeName(
      kind,
      sessions.map(({ name }) => name),
    );
  } catch (error) {
    if (!isDryRun || !isSkahaError(error) || io.signal.aborted) throw error;
    return freeName(kind, []);
  }
}
