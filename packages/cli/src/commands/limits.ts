import { entry } from '@skaha/base/names.js';
import type { Io, Terminal } from '@skaha/terminal/io.js';
import { short } from '@skaha/terminal/output/text.js';
import { isSkahaError, type Resources, ValidationError } from 'skaha';
import {
  limitIssues,
  limitsOf,
  type SavedLimits,
  type ServerLimits,
  savedLimits,
} from 'skaha/account';
import { loadConfiguration } from 'skaha/config';
import { configPath } from '../configuration/places.js';
import type { Deps } from '../environment/deps.js';
import type { GlobalOptions } from '../parse/globals.js';

/** Older ones are read again before they refuse anything, in milliseconds. */
const trustedForMs = 7 * 24 * 3_600_000;
/** Older ones are read again on occasion, in milliseconds. */
const currentForMs = 24 * 3_600_000;

/**
 * What is known about the limits of the server that is meant. Nothing is sent, and whatever is
 * wrong with the configuration is for others to say.
 */
export async function findLimits(
  env: Terminal['env'],
  choice: Partial<GlobalOptions>,
): Promise<SavedLimits | undefined> {
  try {
    const path = configPath(env, choice.config);
    const { configuration } = await loadConfiguration({ path, environment: env });
    return savedLimits({ ...choice, configuration, environment: env });
  } catch {
    return undefined;
  }
}

const ageOf = (limits: ServerLimits | undefined, now: number): number => {
  const read = Date.parse(limits?.read ?? '');
  return Number.isNaN(read) ? Number.POSITIVE_INFINITY : now - read;
};

/** Limits for a comparison, whenever they were read. */
const textOf = ({ read: _, ...limits }: ServerLimits): string => JSON.stringify(limits);

/**
 * Saves what a server has just said about its limits, where the configuration has that server.
 * Without it the next command asks again, so a file that cannot be written is no failure.
 */
async function rememberLimits(io: Io, deps: Deps, resources: Resources): Promise<void> {
  const saved = await findLimits(io.env, deps.globals);
  if (saved === undefined) return;
  const limits = limitsOf(resources, deps.now());
  const { limits: known } = saved;
  const isCurrent = ageOf(known, deps.now()) < currentForMs;
  if (known !== undefined && isCurrent && textOf(known) === textOf(limits)) return;
  // Loaded on demand: it seldom has to be written.
  const { updateConfiguration } = await import('skaha/config');
  const saving = updateConfiguration(
    configPath(io.env, deps.globals.config),
    ({ servers }) => {
      const server = entry(servers, saved.server);
      if (server !== undefined) server.limits = limits;
    },
    { clock: deps.clock, signal: io.signal },
  );
  await saving.catch((error: unknown) => {
    io.signal.throwIfAborted();
    if (!isSkahaError(error)) throw error;
    deps.logger.debug(`The limits of the server could not be saved: ${error.message}`);
  });
}

export async function askLimits(io: Io, deps: Deps): Promise<Resources> {
  const client = await deps.client();
  const resources = await client.context.resources({ signal: io.signal });
  await rememberLimits(io, deps, resources);
  return resources;
}

/**
 * Refuses amounts that the server does not offer, as far as is known here, before anything is
 * sent. Limits that nobody has read for a while are read again: a launch asks for them anyway.
 *
 * @param options.asks - whether the server may be asked
 * @throws {ValidationError} request.invalid
 */
export async function refuseBeyond(
  io: Io,
  deps: Deps,
  amounts: Parameters<typeof limitIssues>[1],
  { asks }: { asks: boolean },
): Promise<void> {
  if (Object.values(amounts).every((amount) => amount === undefined)) return;
  const saved = await findLimits(io.env, deps.globals);
  if (saved === undefined) return;
  const read = saved.limits?.read;
  const age = ageOf(saved.limits, deps.now());
  const [first, ...rest] = limitIssues(saved, amounts);
  const since = read === undefined ? '' : ` since ${read.slice(0, 10)}`;
  const hint = `These are the saved limits${since}. Ask the server again with 'skaha limits'.`;
  const refused = first && new ValidationError([first, ...rest], hint);
  if (refused !== undefined && (read === undefined || age <= trustedForMs)) throw refused;
  if (!asks || age <= currentForMs) return;
  try {
    await askLimits(io, deps);
  } catch (error) {
    io.signal.throwIfAborted();
    if (refused !== undefined) throw refused;
    // What the server said is no reason to give up: it may take the launch all the same.
    if (!isSkahaError(error) || error.status === undefined) throw error;
  }
}

type Range = { min: number; max: number };

const rangeText = ({ min, max }: Range): string =>
  min === max ? short(max) : `${short(min)}-${short(max)}`;

/** The limits of a server as pairs for people; nothing that is not known. */
export const limitFields = (
  limits: ServerLimits | undefined,
): [label: string, value: string | undefined][] => {
  const { fixed, flexible, gpus, sessions, read } = limits ?? {};
  const size = (one: { cores: Range; memory: Range } | undefined) =>
    one && `${rangeText(one.cores)} cores, ${rangeText(one.memory)} GiB`;
  return [
    ['Fixed', size(fixed)],
    ['Flexible', size(flexible)],
    ['GPUs', gpus && (gpus.max < 1 ? 'none' : rangeText(gpus))],
    ['Sessions', sessions === undefined ? sessions : `${sessions} interactive at a time`],
    ['Limits read', read],
  ];
};

/** The most that a server offers, in one line of a list. */
export function limitLine({ fixed, flexible, gpus, sessions }: ServerLimits): string {
  const size = fixed ?? flexible;
  const parts = [
    size && `${rangeText(size.cores)} cores`,
    size && `${rangeText(size.memory)} GiB`,
    gpus && (gpus.max < 1 ? undefined : `${short(gpus.max)} GPUs`),
    sessions === undefined ? undefined : `${sessions} sessions`,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

/**
 * What the server that is meant offers, for the help of the options that ask for it.
 *
 * @returns by the key of the option; empty when nothing is known
 */
export async function limitNotes(
  env: Terminal['env'],
  choice: Partial<GlobalOptions>,
): Promise<Readonly<Record<string, string>>> {
  const saved = await findLimits(env, choice);
  if (saved?.limits === undefined) return {};
  const { fixed, flexible, gpus } = saved.limits;
  const at = `at ${saved.server}`;
  const size = (own: Range | undefined, usual: Range | undefined, unit: string) => {
    const parts = [
      own && `${rangeText(own)}${unit} ${at}`,
      usual && `flexible: up to ${short(usual.max)}${unit}`,
    ];
    return parts.filter((part) => part !== undefined).join('; ');
  };
  const gpuNote = gpus && (gpus.max < 1 ? `none ${at}` : `up to ${short(gpus.max)} ${at}`);
  const notes = {
    cpu: size(fixed?.cores, flexible?.cores, ''),
    memory: size(fixed?.memory, flexible?.memory, ' GiB'),
    gpu: gpuNote ?? '',
  };
  return Object.fromEntries(Object.entries(notes).filter(([, text]) => text !== ''));
}

const mostOffered = 16;

/** Of amounts in order: all, or where they are many, powers of two and both ends. */
export const usualAmounts = (offered: readonly number[]): number[] =>
  offered.filter(
    (amount, index) =>
      offered.length <= mostOffered ||
      index === 0 ||
      index === offered.length - 1 ||
      Number.isInteger(Math.log2(amount)),
  );

/** Whole numbers of a range, as {@link usualAmounts} chooses them. */
export function wholeNumbers({ min, max }: Range): number[] {
  const first = Math.max(1, Math.ceil(min));
  const last = Math.min(Math.floor(max), 65_536);
  const length = Math.max(0, last - first + 1);
  return usualAmounts(Array.from({ length }, (_, index) => first + index));
}
