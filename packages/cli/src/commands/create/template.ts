import { type Io, note } from '@skaha/terminal/io.js';
import { ask } from '@skaha/terminal/prompts/ask.js';
import { onlyOne, usageError } from '@skaha/terminal/usage.js';
import {
  isSkahaError,
  platformSizes,
  type RegistryCredential,
  type RequestedKind,
  readScript,
  scriptCommand,
  ValidationError,
} from 'skaha';
import type { BatchTemplate } from 'skaha/batch';
import type { Deps } from '../../deps.js';
import { readBytes, readText } from '../../text-file.js';
import { askLimits, refuseBeyond } from '../server/kept-limits.js';
import type { CommandOptions, RegistryOptions, SizeOptions, TemplateOptions } from './options.js';

function unquote(value: string): string {
  const quote = value[0];
  return value.length > 1 && (quote === '"' || quote === "'") && value.endsWith(quote)
    ? value.slice(1, -1)
    : value;
}

/**
 * Reads a file of variables: `KEY=VALUE` lines, with blank lines, `#` comments, an optional
 * `export` and quotes around values. Nothing is expanded.
 *
 * @throws {SkahaError} command.usage naming the line; its text may hold a secret and is not shown
 */
export function parseEnvFile(text: string, path: string): [string, string][] {
  return text.split(/\r?\n/).flatMap((line, index): [string, string][] => {
    const content = line.trim();
    if (content === '' || content.startsWith('#')) return [];
    const match = /^(?:export\s+)?([^=\s]+)\s*=\s*(.*)$/s.exec(content);
    if (match?.[1] === undefined)
      throw usageError(`Line ${index + 1} of ${path} is not KEY=VALUE.`, 'Comments begin with #.');
    return [[match[1], unquote(match[2] ?? '')]];
  });
}

/** Collects the variables of `--env-file` and then `-e`; the last of a name wins. */
export async function collectEnvironment(
  given: readonly string[],
  files: readonly string[],
  own: Readonly<Record<string, string | undefined>>,
  read: (path: string) => Promise<string>,
): Promise<Record<string, string>> {
  const entries: [string, string][] = [];
  for (const path of files) {
    entries.push(...parseEnvFile(await read(path), path));
  }
  for (const item of given) {
    const equals = item.indexOf('=');
    const name = equals < 0 ? item : item.slice(0, equals);
    const value = equals < 0 ? own[name] : item.slice(equals + 1);
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

/** An amount of memory as it is sent. */
export interface Memory {
  gibibytes: number;
  /** Whether it was rounded up to be sent. */
  isRounded: boolean;
}

/**
 * Reads an amount of memory: `4`, `4G`, `4GB`, `4Gi` and `4GiB` are all 4 GiB, because servers
 * before 1.0 print GiB as `G`; `M` and `T` likewise.
 *
 * @throws {SkahaError} command.usage for an unknown unit, or less than 1 GiB
 */
export function parseMemory(text: string): Memory {
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
export function parseCores(text: string): number {
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

/** Reads an option with a number of cores. */
export const coresOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : parseCores(text);

/**
 * Refuses commands that contradict each other, or that the kind does not run.
 *
 * @throws {SkahaError} command.usage
 */
export function checkCommand(kind: string, { command, script, sh }: CommandOptions): void {
  const first = onlyOne(
    {
      '--script': script !== undefined,
      '--sh': sh !== undefined,
      "a command after '--'": command.length > 0,
    },
    'Each of them says what the session runs.',
  );
  if (first?.startsWith('--') && kind !== 'headless')
    throw usageError(
      `The option ${first} is for headless sessions; a ${kind} session ignores it.`,
      'Leave it out, or launch a headless session.',
    );
}

/** The program and its arguments, as they are sent. */
export async function readCommand(
  deps: Deps,
  { command, script, sh }: CommandOptions,
): Promise<{ cmd?: string | undefined; args?: readonly string[] | undefined }> {
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

/** Cores and memory as they are sent; undefined leaves them to the platform. */
export interface Size {
  cores?: number | undefined;
  memoryGiB?: number | undefined;
}

/**
 * Refuses sizes that contradict each other.
 *
 * @throws {SkahaError} command.usage
 */
export function checkSize({ cpu, memory, flex, fixed }: SizeOptions): void {
  const sized = { '--fixed': fixed, '--cpu': cpu !== undefined, '--memory': memory !== undefined };
  if (flex)
    onlyOne(
      { '--flex': true, ...sized },
      'A flexible session uses what is free; leave out one of them.',
    );
}

/** Reads an option with an amount of memory, and says when it is rounded. */
export function memoryOf(io: Io, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const { gibibytes, isRounded } = parseMemory(text);
  if (isRounded) note(io, `Memory is rounded up from ${text} to ${gibibytes} GiB.`);
  return gibibytes;
}

/**
 * Works out the size of a session. With `--fixed` alone that is what the platform's own form
 * preselects.
 */
export async function readSize(
  io: Io,
  deps: Deps,
  kind: string,
  options: SizeOptions,
): Promise<Size> {
  const cores = coresOf(options.cpu);
  const memoryGiB = memoryOf(io, options.memory);
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

/** Both travel as `name:secret`, and the server splits them at every colon. */
function checked(value: string, what: string): string {
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
  { registryUser, registrySecretStdin }: RegistryOptions,
): Promise<RegistryCredential | undefined> {
  if (registryUser === undefined) {
    if (!registrySecretStdin) return undefined;
    throw usageError('--registry-secret-stdin needs --registry-user.', 'Give both.');
  }
  const username = checked(registryUser, 'user name');
  const secret = registrySecretStdin
    ? await io.readAll()
    : await ask(
        io,
        deps,
        {
          what: 'The secret of the registry is missing.',
          hint: 'Supply it on standard input with --registry-secret-stdin.',
        },
        (prompts) => prompts.secret(`Secret of ${username} for the registry`, io.signal),
      );
  return { username, secret: checked(secret, 'secret') };
}

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

/** The first name of a kind that no session has: `notebook1`, `notebook2`, … */
export function freeName(kind: string, taken: readonly string[]): string {
  const names = new Set(taken.map((name) => name.toLowerCase()));
  for (let number = 1; ; number += 1) {
    const name = `${kind}${number}`;
    if (!names.has(name)) return name;
  }
}

async function chooseImage(io: Io, deps: Deps, kind: string, image: string | undefined) {
  if (image !== undefined) return image;
  if (kind === 'headless')
    throw usageError('IMAGE is missing.', "See what there is with 'skaha image ls -k headless'.");
  const client = await deps.client();
  const found = usualImage(kind, await client.images.details({ signal: io.signal }));
  if (found === undefined)
    throw usageError(`This platform has no image for ${kind} sessions.`, 'Specify an image.');
  note(io, `Using the image ${found}.`);
  return found;
}

/** A made-up word for a job; for what people look at its kind with a number, as the portal does. */
export async function usualName(io: Io, deps: Deps, kind: string): Promise<string> {
  if (kind === 'headless') return inventName(deps.random());
  const client = await deps.client();
  const sessions = await client.sessions.fetch({ signal: io.signal });
  return freeName(
    kind,
    sessions.map(({ name }) => name),
  );
}

async function chooseName(io: Io, deps: Deps, kind: string, { name, dryRun }: TemplateOptions) {
  if (name !== undefined) return name;
  return usualName(io, deps, kind).catch((error: unknown) => {
    if (!dryRun || !isSkahaError(error) || io.signal.aborted) throw error;
    return freeName(kind, []);
  });
}

/**
 * Reads what all sessions of one launch have in common. What contradicts itself is refused before
 * the platform is asked anything.
 */
export async function readTemplate(
  io: Io,
  deps: Deps,
  kind: string,
  options: TemplateOptions,
): Promise<BatchTemplate & { image: string }> {
  checkCommand(kind, options);
  checkSize(options);
  const { cmd, args } = await readCommand(deps, options);
  const env = await collectEnvironment(options.env, options.envFile, io.env, (path) =>
    readText(deps, path, '--env-file'),
  );
  const registryCredential = await readRegistry(io, deps, options);
  const { cores, memoryGiB } = await readSize(io, deps, kind, options);
  const own = platformSizes(kind) ? {} : { cores, memoryGiB };
  await refuseBeyond(io, deps, { ...own, gpus: options.gpu }, { asks: !options.dryRun });
  const image = await chooseImage(io, deps, kind, options.image);
  const name = await chooseName(io, deps, kind, options);
  return {
    ...{ kind: kind as RequestedKind, image, name, cores, memoryGiB, gpus: options.gpu },
    ...{ cmd, args, env, registryCredential },
  };
}
