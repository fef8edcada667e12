import { isRecord } from '@skaha/base/record.js';
import { presentText } from './quantity.js';

/** The registry of images named without one, when the server does not say which it allows. */
export const defaultRegistry = 'images.canfar.net';

/** The parts of a container image reference. */
export interface ImageReference {
  /** Host and port; undefined if the reference names none. */
  registry?: string | undefined;
  /** Everything between host and tag, for example `skaha/astroml`. */
  repository: string;
  tag?: string | undefined;
  /** For example `sha256:5b0c…`. */
  digest?: string | undefined;
}

/** An image that the platform offers. */
export interface ImageInfo {
  /** The full reference, as accepted by `create`. */
  id: string;
  registry?: string | undefined;
  /** First part of the repository, for example `skaha`. */
  project?: string | undefined;
  /** Rest of the repository, for example `astroml`. */
  name?: string | undefined;
  tag?: string | undefined;
  /** The session kinds it can be started as, and any other label it carries. */
  types: readonly string[];
  digest?: string | undefined;
  /** The unchanged reply. */
  raw: Readonly<Record<string, unknown>>;
}

const domain =
  /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*(?::\d{1,5})?$/;
const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestPattern = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;

/**
 * Parses an image reference according to the OCI distribution specification. The first part is a
 * registry only if it has a dot or a port, or is `localhost`.
 *
 * @param text - for example `skaha/astroml:26.07` or `images.canfar.net/skaha/astroml@sha256:…`
 * @returns undefined if the text is not a reference
 */
export function parseImageReference(text: string): ImageReference | undefined {
  if (text.length > 1024) return undefined;
  const [named = '', digest, ...tooMany] = text.split('@');
  if (tooMany.length > 0 || (digest !== undefined && !digestPattern.test(digest))) return undefined;
  const colon = named.lastIndexOf(':');
  const tagged = colon > named.lastIndexOf('/') && colon !== -1;
  const tag = tagged ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !tagPattern.test(tag)) return undefined;
  const parts = (tagged ? named.slice(0, colon) : named).split('/');
  const first = parts[0] ?? '';
  const registry = parts.length > 1 && isRegistry(first) ? parts.shift() : undefined;
  if (registry !== undefined && !domain.test(registry)) return undefined;
  if (!parts.every((part) => component.test(part))) return undefined;
  const repository = parts.join('/');
  return repository.length > 255 ? undefined : { registry, repository, tag, digest };
}

const isRegistry = (part: string) => part === 'localhost' || /[.:A-Z]/.test(part);

/**
 * Completes a reference: adds the registry if it has none, and `:latest` if it has neither a tag
 * nor a digest.
 *
 * @param reference - as parsed
 * @param registry - host for images that name none; `images.canfar.net` by default
 */
export function completeImage(reference: ImageReference, registry = defaultRegistry): string {
  const host = reference.registry ?? registry;
  const tag = reference.tag ?? (reference.digest === undefined ? 'latest' : undefined);
  return [
    `${host}/${reference.repository}`,
    tag === undefined ? '' : `:${tag}`,
    reference.digest === undefined ? '' : `@${reference.digest}`,
  ].join('');
}

/**
 * Reads one image of the catalogue.
 *
 * @param value - one element of the reply of `GET /image`
 * @returns undefined if it has no id, without which an image cannot be used
 */
export function readImage(value: unknown): ImageInfo | undefined {
  const raw = isRecord(value) ? value : {};
  const id = presentText(raw['id']);
  if (id === undefined) return undefined;
  const reference = parseImageReference(id);
  const slash = reference?.repository.indexOf('/') ?? -1;
  const types: unknown[] = Array.isArray(raw['types']) ? raw['types'] : [];
  return {
    id,
    registry: reference?.registry,
    project: slash === -1 ? undefined : reference?.repository.slice(0, slash),
    name: reference?.repository.slice(slash + 1),
    tag: reference?.tag,
    types: types.filter((type): type is string => typeof type === 'string'),
    digest: presentText(raw['digest']),
    raw,
  };
}
