import type { Io } from '@skaha/terminal/io.js';
import { nearest } from '@skaha/terminal/nearest.js';
import {
  type ImageInfo,
  isFinished,
  PartialError,
  parseImageReference,
  type SkahaClient,
  SkahaError,
  ValidationError,
} from 'skaha';
import { reworded } from '../../output/outcome.js';

const isAboutImage = ({ code, serverMessage = '' }: SkahaError): boolean =>
  code === 'request.rejected' && /unknown or private image/.test(serverMessage);

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
  if (guess !== undefined) return `Did you mean ${guess}? ${list}`;
  const host = parseImageReference(image)?.registry;
  const login = `'skaha registry login${host === undefined ? '' : ` ${host}`}'`;
  return `${images.length === 0 ? '' : `${list} `}If it is private, give --registry-user, or save your login with ${login}.`;
}

const isInteractiveCap = ({ code, serverMessage = '' }: SkahaError): boolean =>
  code === 'quota.exceeded' && /active sessions/.test(serverMessage);

const shownSessions = 5;

/** Which sessions use up what a user may have: one of them has to go. */
async function capHint(io: Io, client: SkahaClient): Promise<string | undefined> {
  const sessions = await client.sessions
    .fetch({ view: 'interactive', signal: io.signal })
    .catch(() => []);
  const active = sessions.filter(
    ({ kind, status }) => kind !== 'desktop-app' && kind !== 'headless' && !isFinished(status),
  );
  const [first] = active;
  if (first === undefined) return undefined;
  const names = active.slice(0, shownSessions).map(({ id, name }) => `${name} (${id})`);
  const more = active.length > shownSessions ? `, and ${active.length - shownSessions} more` : '';
  return `You have ${names.join(', ')}${more}. Delete one, for example: 'skaha delete ${first.id}'`;
}

const hints: readonly (readonly [path: RegExp, hint: string])[] = [
  [/^name$/, 'Use letters, digits and inner hyphens, at most 63 with the number of a replica.'],
  [/^(cores|memoryGiB|gpus)$/, "See what the platform offers with 'skaha limits'."],
  [/^image$/, "See what there is with 'skaha image ls'."],
  [/^(env|args|cmd)/, 'Only headless sessions take a command and variables.'],
];

/** Adds the next step to an error about what was typed. */
export function explainInput(error: unknown): unknown {
  if (!(error instanceof ValidationError) || error.hint !== undefined) return error;
  const path = error.issues[0]?.path ?? '';
  const hint = hints.find(([pattern]) => pattern.test(path))?.[1] ?? "See 'skaha create --help'.";
  return reworded(error, { hint });
}

/**
 * Adds to an error what helps its reader: the image that was probably meant, the sessions that
 * are in the way.
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
  const hint = inner.some(isInteractiveCap)
    ? await capHint(io, client)
    : inner.some(isAboutImage)
      ? await imageHint(io, client, image)
      : undefined;
  return hint === undefined ? error : reworded(error, { hint });
}
