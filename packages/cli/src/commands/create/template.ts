import { type Io, note } from '@skaha/terminal/io.js';
import { parseEnvFile } from '@skaha/terminal/parse/env-file.js';
import { ask, canAsk } from '@skaha/terminal/prompts/ask.js';
import { usageError } from '@skaha/terminal/usage.js';
import { launchableKinds } from '@skaha/wire/kinds.js';
import {
  type ImageInfo,
  imageKinds,
  isSkahaError,
  platformSizes,
  type RegistryCredential,
  type RequestedKind,
  readScript,
  scriptCommand,
  usualImage,
  ValidationError,
} from 'skaha';
import type { BatchTemplate } from 'skaha/batch';
import type { Deps } from '../../environment/deps.js';
import { readBytes, readText } from '../../environment/text-file.js';
import { askLimits, refuseBeyond } from '../limits.js';
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

/**
 * Reads the variables of `--env-file` and then `-e`; the last of a name wins.
 *
 * @throws {SkahaError} command.usage
 */
export async function readEnvironment(
  io: Pick<Io, 'env'>,
  deps: Pick<Deps, 'readBytes'>,
  { env, envFile }: Pick<CreateCommandOptions, 'env' | 'envFile'>,
): Promise<Record<string, string>> {
  const entries: [string, string][] = [];
  for (const path of envFile)
    entries.push(...parseEnvFile(await readText(deps, path, '--env-file'), path));
  for (const item of env) {
    const equals = item.indexOf('=');
    const name = equals < 0 ? item : item.slice(0, equals);
    const value = equals < 0 ? io.env[name] : item.slice(equals + 1);
    if (name === '') throw usageError('-e needs a name before the "=".', 'Write -e KEY=VALUE.');
    if (value === undefined)
      throw usageError(
        `The variable ${name} is not set here.`,
        `Write -e ${name}=VALUE, or set it.`,
      );
    entries.push([name, value]);
  }
  return Object.fromEntries(entries);
}

const perGiB: Readonly<Record<string, number>> = { m: 1 / 1024, g: 1, t: 1024 };

/**
 * Reads an amount of memory: `4`, `4G`, `4GB`, `4Gi` and `4GiB` are all 4 GiB, because servers
 * before 1.0 print GiB as `G`; `M` and `T` likewise. Only whole GiB can be sent, so it is rounded up.
 *
 * @throws {SkahaError} command.usage for an unknown unit, or less than 1 GiB
 */
export function parseMemory(text: string): { gibibytes: number; isRounded: boolean } {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([mgt])(?:i?b?)?)?$/i.exec(text.trim());
  const units = 'Write a number of GiB, or use M, G or T (also Mi, Gi, Ti): 4, 4G, 1500Mi.';
  if (match === null) throw usageError(`'${text}' is not an amount of memory.`, units);
  const exact = Number(match[1]) * (perGiB[(match[2] ?? 'g').toLowerCase()] ?? 1);
  if (!(exact >= 1)) throw usageError(`--memory must be at least 1 GiB, not '${text}'.`, units);
  const gibibytes = Math.ceil(exact);
  return { gibibytes, isRounded: gibibytes !== exact };
}

/**
 * Reads a number of cores: `2`, `2.0` and `2000m` are the same.
 *
 * @throws {SkahaError} command.usage for fractions: sessions get whole cores
 */
export function readCores(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = /^(\d+(?:\.\d+)?)(m?)$/.exec(text.trim());
  const cores = match === null ? Number.NaN : Number(match[1]) / (match[2] === 'm' ? 1000 : 1);
  if (Number.isNaN(cores))
    throw usageError(`'${text}' is not a number of cores.`, 'Write for example 2.');
  if (!Number.isInteger(cores) || cores < 1)
    throw usageError(
      `--cpu must be a whole number of cores of at least 1, not '${text}'.`,
      `Ask for ${Math.max(1, Math.ceil(cores))}, or leave --cpu out for flexible sizing.`,
    );
  return cores;
}

/** The program and its arguments, as they are sent. */
async function readCommand(
  deps: Deps,
  { command, script, sh }: CreateCommandOptions,
): Promise<Pick<BatchTemplate, 'args' | 'cmd'>> {
  if (script === undefined && sh === undefined) {
    const [cmd, ...args] = command;
    return { cmd, args: cmd === undefined ? undefined : args };
  }
  const content = sh ?? (await readBytes(deps, script ?? '', '--script'));
  try {
    for (const change of readScript(content).notes)
      deps.logger.warn(`${script ?? '--sh'}: ${change}`);
    return scriptCommand(content);
  } catch (error) {
    if (error instanceof ValidationError) throw usageError(error.message, error.hint);
    throw error;
  }
}

/** Reads an option with an amount of memory, and says when it is rounded. */
export function readMemory(io: Io, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const { gibibytes, isRounded } = parseMemory(text);
  if (isRounded) note(io, `Memory is rounded up from ${text} to ${gibibytes} GiB.`);
  return gibibytes;
}

/**
 * Works out the size of a session. With `--fixed` alone that is what the platform's own form
 * preselects.
 */
async function readSize(
  io: Io,
  deps: Deps,
  kind: string,
  options: CreateCommandOptions,
): Promise<Pick<BatchTemplate, 'cores' | 'memoryGiB'>> {
  const cores = readCores(options.cpu);
  const memoryGiB = readMemory(io, options.memory);
  const isComplete = cores !== undefined && memoryGiB !== undefined;
  if (!options.fixed || isComplete || platformSizes(kind)) return { cores, memoryGiB };
  const offered = await askLimits(io, deps);
  const size = {
    cores: cores ?? offered.cores.default,
    memoryGiB: memoryGiB ?? offered.memoryGiB.default,
  };
  note(io, `Fixed size: ${size.cores} cores and ${size.memoryGiB} GiB of memory.`);
  return size;
}

/** User name and secret travel as `name:secret`, and the server splits them at every colon. */
function checkedCredential(value: string, what: string): string {
  const text = value.replace(/\r?\n$/, '');
  if (text === '' || text !== text.trim() || /[:\p{Cc}]/u.test(text))
    throw usageError(
      `The ${what} of the registry is empty, or contains a colon or control character, or begins or ends with a space.`,
      'The platform cannot accept such credentials.',
    );
  return text;
}

/**
 * Reads who may pull the image, for this launch only. The secret comes from standard input or from
 * the keyboard, because the command line of a program can be read by everybody on the machine.
 *
 * @returns undefined when nothing was said about it
 * @throws {SkahaError} command.usage, interaction.required
 */
export async function readRegistry(
  io: Io,
  deps: Deps,
  options: Pick<CreateCommandOptions, 'registrySecretStdin' | 'registryUser'>,
): Promise<RegistryCredential | undefined> {
  const { registryUser, registrySecretStdin } = options;
  if (registryUser === undefined) {
    if (!registrySecretStdin) return undefined;
    throw usageError('--registry-secret-stdin needs --registry-user.', 'Give both.');
  }
  const username = checkedCredential(registryUser, 'user name');
  const secret = registrySecretStdin
    ? await io.readAll()
    : await ask(
        io,
        deps,
        'The secret of the registry is missing.',
        'Supply it on standard input with --registry-secret-stdin.',
        (prompts) => prompts.secret(`Secret of ${username} for the registry`, io.signal),
      );
  return { username, secret: checkedCredential(secret, 'secret') };
}

/** Reads what all sessions of one launch have in common. */
export async function readTemplate(
  io: Io,
  deps: Deps,
  kind: string,
  options: CreateCommandOptions,
): Promise<BatchTemplate> {
  const { cmd, args } = await readCommand(deps, options);
  const env = await readEnvironment(io, deps, options);
  const registryCredential = await readRegistry(io, deps, options);
  const { cores, memoryGiB } = await readSize(io, deps, kind, options);
  const { gpu: gpus, dryRun } = options;
  const limited = platformSizes(kind) ? { gpus } : { cores, memoryGiB, gpus };
  await refuseBeyond(io, deps, limited, { asks: !dryRun });
  const image = options.image ?? (await chooseImage(io, deps, kind));
  const name = options.name ?? (await chooseName(io, deps, kind, dryRun));
  return {
    kind: kind as RequestedKind,
    image,
    name,
    cores,
    memoryGiB,
    gpus,
    cmd,
    args,
    env,
    registryCredential,
  };
}
