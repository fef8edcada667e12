import type { SkahaClient } from '../../../client.js';
import {
  PartialError,
  SkahaError,
  type SkahaErrorOptions,
  ValidationError,
} from '../../../errors/index.js';
import { type ImageInfo, parseImageReference } from '../../../models/image.js';
import type { Io } from '../../io.js';
import { nearest } from '../../nearest.js';

const unknownImage = /unknown or private image/;

const isAboutImage = (error: SkahaError): boolean =>
  error.code === 'request.rejected' && unknownImage.test(error.serverMessage ?? '');

/** The image that was probably meant: of the same or a similar name, with the same tag if it has one. */
export function nearestImage(wanted: string, images: readonly ImageInfo[]): string | undefined {
  const reference = parseImageReference(wanted);
  const [name = '', project] = (reference?.repository ?? wanted).split('/').reverse();
  const sameProject = images.filter((image) => image.project === project);
  const known = sameProject.length > 0 ? sameProject : images;
  const guess = nearest(
    name,
    known.flatMap((image) => image.name ?? []),
  );
  const fitting = guess === undefined ? [] : known.filter((image) => image.name === guess);
  const tag = reference?.tag ?? 'latest';
  return (fitting.find((image) => image.tag === tag) ?? fitting[0])?.id;
}

async function imageHint(io: Io, client: SkahaClient, image: string): Promise<string | undefined> {
  const images = await client.images.details({ signal: io.signal }).catch(() => []);
  const guess = nearestImage(image, images);
  const list = "See what there is with 'skaha image ls'.";
  if (guess === undefined) return images.length === 0 ? undefined : list;
  return `Did you mean ${guess}? ${list}`;
}

const hints: readonly (readonly [path: RegExp, hint: string])[] = [
  [/^name$/, 'Use letters, digits and inner hyphens, at most 63 with the number of a replica.'],
  [/^(cores|memoryGiB|gpus)$/, "See what the platform offers with 'skaha limits'."],
  [/^image$/, "See what there is with 'skaha image ls'."],
  [/^(env|args|cmd)/, 'Only headless sessions take a command and variables.'],
];

function validationHint(error: ValidationError): string {
  const path = error.issues[0]?.path ?? '';
  return hints.find(([pattern]) => pattern.test(path))?.[1] ?? "See 'skaha create --help'.";
}

function withHint(error: SkahaError, hint: string): SkahaError {
  const { cause, status, serverMessage, id, retryable } = error;
  const options: SkahaErrorOptions = { cause, status, serverMessage, id, retryable, hint };
  if (error instanceof PartialError)
    return new PartialError(error.message, error.done, error.failed, options);
  return new SkahaError(error.code, error.message, options);
}

/** Adds the next step to an error about what was typed. */
export function explainInput(error: unknown): unknown {
  if (!(error instanceof ValidationError) || error.hint !== undefined) return error;
  return withHint(error, validationHint(error));
}

/**
 * Adds to an error what helps its reader: the image that was probably meant.
 *
 * @returns the error to throw
 */
export async function explainRefusal(
  io: Io,
  client: SkahaClient,
  { image }: { image: string },
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof SkahaError)) return error;
  if (error instanceof ValidationError) return explainInput(error);
  const inner = error instanceof PartialError ? error.failed.map((item) => item.error) : [error];
  if (!inner.some(isAboutImage)) return error;
  const hint = await imageHint(io, client, image);
  return hint === undefined ? error : withHint(error, hint);
}

/** Says of a cancelled launch how far it came, and how to take it back. */
export function explainCancellation(
  { name, kind }: { name: string; kind?: string | undefined },
  error: unknown,
): unknown {
  if (!(error instanceof PartialError)) return error;
  const { done, failed, cause } = error;
  const total = done.length + failed.length;
  return new PartialError(
    `Cancelled after ${done.length} of ${total} sessions were launched.`,
    done,
    failed,
    { cause, hint: `To delete those: skaha prune --prefix ${name} ${kind ?? 'headless'} all` },
  );
}
