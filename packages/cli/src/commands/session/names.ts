/** Family names of people who read the sky, as names for sessions that were given none. */
const surnames =
  'aryabhata banneker bappu bell bowen brahe burbidge cannon cassini cerenkov chandra ' +
  'chavez copernicus curtis donati eddington einstein encke faber flamsteed fleming fowler ' +
  'galilei gill goodricke halley herschel hertzsprung hewish hipparchus hogg hoyle hubble huggins ' +
  'humason hypatia kapteyn kepler kuiper leavitt lemaitre lovell maury messier mitchell oort ' +
  'payne penzias piazzi plaskett ptolemy reber rubin russell ryle sagan schmidt shapley slipher ' +
  'somerville struve tinsley tombaugh tycho wilson zwicky';

const words = surnames.split(' ');

/**
 * A name for a session, one word.
 *
 * @param random - from 0 up to but not including 1
 */
export const inventName = (random: number): string =>
  words[Math.floor(random * words.length)] ?? 'hubble';

/** Images that people expect for interactive kinds, best first; matched without host and tag. */
const usual: Readonly<Record<string, readonly string[]>> = {
  notebook: ['skaha/astroml'],
  desktop: ['skaha/desktop'],
  carta: ['skaha/carta'],
  contributed: ['skaha/vscode', 'skaha/astroml-vscode'],
  firefly: ['skaha/firefly'],
};

interface Candidate {
  id: string;
  project?: string | undefined;
  name?: string | undefined;
  tag?: string | undefined;
  types: readonly string[];
}

/**
 * The image for a kind when none was named: the usual one, `latest` first, else the first of its kind.
 *
 * @param kind - what to launch
 * @param images - what the platform offers
 */
export function usualImage(kind: string, images: readonly Candidate[]): string | undefined {
  const fitting = images.filter((image) => image.types.includes(kind));
  for (const wanted of usual[kind] ?? []) {
    const same = fitting.filter(({ project, name }) => `${project}/${name}` === wanted);
    const best = same.find(({ tag }) => tag === 'latest') ?? same[0];
    if (best !== undefined) return best.id;
  }
  return fitting[0]?.id;
}

/**
 * The first name of a kind that no session has: `notebook1`, `notebook2`, …
 *
 * @param kind - what is launched
 * @param taken - names of sessions
 */
export function freeName(kind: string, taken: readonly string[]): string {
  const names = new Set(taken.map((name) => name.toLowerCase()));
  for (let number = 1; ; number += 1) {
    const name = `${kind}${number}`;
    if (!names.has(name)) return name;
  }
}
