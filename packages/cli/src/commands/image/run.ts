import { note } from '@skaha/terminal/io.js';
import { documentOf } from '@skaha/terminal/output/field.js';
import { type ListView, renderList, selectRows } from '@skaha/terminal/output/list.js';
import { type Column, column } from '@skaha/terminal/output/table.js';
import { sessionKinds } from '@skaha/wire/kinds.js';
import type { ImageInfo } from 'skaha';
import type { Run } from '../../command.js';
import { imageFields, type imageLsCommand } from './definitions.js';

const byText = (left = '', right = ''): number =>
  left.localeCompare(right, 'en', { sensitivity: 'base', numeric: true });

function byTag(left = '', right = ''): number {
  if (left === right) return 0;
  if (left === 'latest') return -1;
  if (right === 'latest') return 1;
  return byText(right, left);
}

/** By registry, project and name; of one image `latest` first, then falling versions. */
export function byImage(left: ImageInfo, right: ImageInfo): number {
  return (
    byText(left.registry, right.registry) ||
    byText(left.project, right.project) ||
    byText(left.name, right.name) ||
    byTag(left.tag, right.tag) ||
    byText(left.id, right.id)
  );
}

/** The kinds of an image in the order of the Skaha API, then unknown ones by name. */
export function orderedKinds(types: readonly string[]): string[] {
  const known: readonly string[] = sessionKinds;
  const rank = (type: string) => (known.includes(type) ? known.indexOf(type) : known.length);
  return [...types].sort((left, right) => rank(left) - rank(right) || byText(left, right));
}

const digest = (image: ImageInfo): string =>
  image.digest?.replace(/^[^:]*:/, '').slice(0, 12) ?? 'unknown';

function columns(hasOneRegistry: boolean, isWide: boolean): Column<ImageInfo>[] {
  return [
    column(
      'IMAGE',
      ({ id, registry }) =>
        hasOneRegistry && registry !== undefined ? id.slice(registry.length + 1) : id,
      { shrinkTo: 20, cut: 'start' },
    ),
    column('KINDS', ({ types }) => orderedKinds(types).join(', '), { shrinkTo: 8 }),
    column('DIGEST', (image) => (isWide ? (image.digest ?? 'unknown') : digest(image)), {
      dropFirst: 1,
    }),
  ];
}

const registriesOf = (images: readonly ImageInfo[]) =>
  new Set(images.map(({ registry }) => registry));

export const runImageLs: Run<typeof imageLsCommand> = async (io, deps, { text, kind }) => {
  const client = await deps.client();
  const all = await client.images.details({ signal: io.signal });
  const wanted = text?.toLowerCase();
  const images = all
    .filter(({ types }) => kind === undefined || types.includes(kind))
    .filter(({ id }) => wanted === undefined || id.toLowerCase().includes(wanted))
    .sort(byImage);
  const isWide = io.format === 'wide';
  const list: ListView<ImageInfo> = {
    rows: images,
    document: (image) => documentOf(imageFields, { ...image, kinds: orderedKinds(image.types) }),
    columns: (rows) => columns(registriesOf(rows).size === 1 && !isWide, isWide),
    name: ({ id }) => id,
  };
  const registries = registriesOf(selectRows(io, list));
  if (registries.size === 1 && io.format === 'table' && io.output?.fields === undefined)
    note(io, `Images of ${[...registries][0] ?? 'the platform'}:`);
  await renderList(io, list, 'No images found.');
};
