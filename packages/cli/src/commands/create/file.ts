import { isRecord } from '@skaha/base/record.js';
import type { Io } from '@skaha/terminal/io.js';
import { readDocument } from '@skaha/terminal/parse/document.js';
import { readOption } from '@skaha/terminal/parse/values.js';
import { readYaml } from '@skaha/terminal/parse/yaml.js';
import { usageError } from '@skaha/terminal/usage.js';
import type { OptionValues } from '../../command.js';
import type { Deps } from '../../environment/deps.js';
import { readText } from '../../environment/text-file.js';
import { type CreateCommandOptions, createCommand, createOptions } from './definitions.js';

/** A request that a dry run printed. */
interface PrintedRequest {
  index: number;
  name: string;
  parameters: Readonly<Record<string, unknown>>;
  env: Record<string, string>;
}

/** Set for each session again. */
const ownVariables = new Set(['REPLICA_ID', 'REPLICA_COUNT']);

const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

function variables(value: unknown): Record<string, string> {
  const entries = Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
  const pairs = entries.map((entry): [string, string] => {
    const equals = entry.indexOf('=');
    return [entry.slice(0, equals), entry.slice(equals + 1)];
  });
  return Object.fromEntries(pairs.filter(([name]) => !ownVariables.has(name)));
}

function readRequest(value: unknown, where: string): PrintedRequest {
  const parameters = isRecord(value) ? value['parameters'] : undefined;
  const name = isRecord(parameters) ? text(parameters['name']) : undefined;
  if (!isRecord(value) || !isRecord(parameters) || name === undefined)
    throw usageError(
      `${where} contains neither options with values nor a list of requests.`,
      "Write for example name: fit, or save what 'skaha create ... --dry-run -o yaml' prints.",
    );
  const env = variables(parameters['env']);
  return { index: Number(value['index'] ?? 1), name, parameters, env };
}

/** The requests of one launch, which are together and count from 1. */
type PrintedLaunch = [PrintedRequest, ...PrintedRequest[]];

function launchesOf(requests: readonly PrintedRequest[]): PrintedLaunch[] {
  const launches: PrintedLaunch[] = [];
  for (const request of requests) {
    const last = launches.at(-1);
    if (last === undefined || request.index === 1) launches.push([request]);
    else last.push(request);
  }
  return launches;
}

/** The options that lead to the requests of one launch. */
function optionsOf(requests: PrintedLaunch): Readonly<Record<string, unknown>> {
  const { name, parameters, env } = requests[0];
  const isMany = requests.length > 1;
  const { image, type, cores, ram, gpus, cmd, args } = parameters;
  const isSame = requests.every((one) => JSON.stringify(one.env) === JSON.stringify(env));
  return {
    kind: text(type) ?? 'headless',
    image: text(image),
    name: isMany ? name.replace(/-1$/, '') : name,
    cpu: text(cores),
    memory: text(ram),
    gpu: text(gpus) === undefined ? undefined : Number(gpus),
    command: [text(cmd), ...(text(args)?.split(' ') ?? [])].filter((word) => word !== undefined),
    rows: isSame ? undefined : requests.map((one) => one.env),
    env: isSame ? Object.entries(env).map((pair) => pair.join('=')) : undefined,
    replicas: isSame && isMany ? requests.length : undefined,
  };
}

// What is about this one call, and not about what is launched, is in no document.
const {
  file,
  dryRun,
  details,
  progress,
  notify,
  registryUser,
  registrySecretStdin,
  ...documentOptions
} = createOptions;

/**
 * Reads the options of one launch from its document.
 *
 * @throws {SkahaError} command.usage naming what is wrong
 */
export function readLaunch(value: unknown, where: string): Record<string, unknown> {
  if (isRecord(value))
    return readDocument(value, where, { ...createCommand, options: documentOptions });
  throw usageError(
    `${where} does not contain options with values.`,
    'Write for example name: fit.',
  );
}

/** The options of a command line that gives none of them. */
export const noOptions = Object.fromEntries(
  Object.entries(createOptions).map(([key, spec]) => [key, readOption(key, spec, undefined)]),
) as OptionValues<typeof createOptions>;

/** What was given on the command line wins; lists are added to those of the file. */
export function mergeOptions(
  given: CreateCommandOptions,
  document: Readonly<Record<string, unknown>>,
): CreateCommandOptions {
  const merged: Record<string, unknown> = { ...document };
  for (const [key, value] of Object.entries(given)) {
    const known = merged[key];
    if (Array.isArray(value) && key !== 'command') {
      merged[key] = [...(Array.isArray(known) ? known : []), ...value];
    } else if (value === undefined || value === false || (Array.isArray(value) && !value.length)) {
      merged[key] = known ?? value;
    } else merged[key] = value;
  }
  // The values come from the same declarations as those of the command line.
  return merged as unknown as CreateCommandOptions;
}

/**
 * Reads a specification: one YAML document for each launch, with the long names of the options as
 * keys, or the list of requests that a dry run printed.
 *
 * @param path - of the file; `-` is standard input
 * @throws {SkahaError} command.usage naming what is wrong, and where
 */
export async function readSpecification(
  io: Io,
  deps: Deps,
  given: CreateCommandOptions,
  path: string,
): Promise<CreateCommandOptions[]> {
  const source = path === '-' ? 'Standard input' : path;
  const text = path === '-' ? await io.readAll() : await readText(deps, path, '-f');
  const values = (await readYaml(text, source)).filter((one) => one !== null);
  if (values.length === 0) throw usageError(`${source} contains nothing to launch.`);
  return values.flatMap((value, index): CreateCommandOptions[] => {
    const where = values.length === 1 ? source : `${source}, document ${index + 1}`;
    if (!Array.isArray(value)) return [mergeOptions(given, readLaunch(value, where))];
    const requests = value.map((one) => readRequest(one, where));
    return launchesOf(requests).map((launch) => mergeOptions(given, optionsOf(launch)));
  });
}
