import type { ImageInfo } from '../models/image.js';

/**
 * Returns the kinds of session that an image can be started as, according to the platform's list.
 *
 * @param image - a reference; without a registry that of any registry is meant, without a tag `latest`
 * @param images - what the platform offers, from `Images.details`
 * @returns the kinds, and any other label it carries; undefined if the platform does not list it
 * @example
 * ```ts
 * import { imageKinds, SkahaClient } from 'skaha';
 *
 * await using skaha = new SkahaClient();
 * console.log(imageKinds('skaha/astroml', await skaha.images.details())); // [ 'notebook', … ]
 * ```
 */
export function imageKinds(
  image: string,
  images: readonly ImageInfo[],
): readonly string[] | undefined {
  const isTagged = image.lastIndexOf(':') > image.lastIndexOf('/');
  const wanted = isTagged ? image : `${image}:latest`;
  const found = images.filter(({ id }) => id === wanted || id.endsWith(`/${wanted}`));
  return found.length === 0 ? undefined : [...new Set(found.flatMap(({ types }) => types))];
}

/** The images that people expect for interactive kinds, best first; without registry and tag. */
const usual: Readonly<Record<string, readonly string[]>> = {
  notebook: ['skaha/astroml'],
  desktop: ['skaha/desktop'],
  carta: ['skaha/carta'],
  contributed: ['skaha/vscode', 'skaha/astroml-vscode'],
  firefly: ['skaha/firefly'],
};

/**
 * Chooses the image that people expect for a kind: the usual one, if possible with the tag `latest`,
 * otherwise the first of its kind.
 *
 * @param kind - for example `notebook`
 * @param images - what the platform offers, from `Images.details`
 * @returns its full reference; undefined if there is no image of this kind
 * @example
 * ```ts
 * import { SkahaClient, usualImage } from 'skaha';
 *
 * await using skaha = new SkahaClient();
 * const image = usualImage('notebook', await skaha.images.details());
 * if (image !== undefined) await skaha.sessions.create({ name: 'look', kind: 'notebook', image });
 * ```
 */
export function usualImage(kind: string, images: readonly ImageInfo[]): string | undefined {
  const fitting = images.filter(({ types }) => types.includes(kind));
  for (const wanted of usual[kind] ?? []) {
    const same = fitting.filter(({ project, name }) => `${project}/${name}` === wanted);
    const best = same.find(({ tag }) => tag === 'latest') ?? same[0];
    if (best !== undefined) return best.id;
  }
  return fitting[0]?.id;
}
