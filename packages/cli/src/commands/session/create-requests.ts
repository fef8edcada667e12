import { usageError } from '@skaha/terminal/usage.js';
import { isRecord } from 'skaha/internal/models/session.js';

/** One launch, with the long names of the options as keys. */
export type RequestOptions = Record<string, unknown> & {
  rows?: Record<string, string>[] | undefined;
};

interface Request {
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
  return Object.fromEntries(
    entries.map((entry): [string, string] => {
      const equals = entry.indexOf('=');
      return [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
}

function readRequest(value: unknown, where: string): Request & { index: number } {
  const parameters = isRecord(value) ? value['parameters'] : undefined;
  const name = isRecord(parameters) ? text(parameters['name']) : undefined;
  if (!isRecord(value) || !isRecord(parameters) || name === undefined)
    throw usageError(
      `${where} is not a list of options with values, and no list of requests.`,
      "Write for example name: fit, or keep what 'skaha create ... --dry-run -o yaml' printed.",
    );
  const index = Number(value['index'] ?? 1);
  return { index, name, parameters, env: variables(parameters['env']) };
}

/** The requests of one launch are together, and count from 1. */
function groups(requests: readonly (Request & { index: number })[]): Request[][] {
  const all: Request[][] = [];
  for (const request of requests) {
    const last = all.at(-1);
    if (last === undefined || request.index === 1) all.push([request]);
    else last.push(request);
  }
  return all;
}

function toOptions(requests: readonly Request[]): RequestOptions {
  const [first] = requests;
  const { name = '', parameters = {} } = first ?? {};
  const rows = requests.map(({ env }) =>
    Object.fromEntries(Object.entries(env).filter(([key]) => !ownVariables.has(key))),
  );
  const isMany = requests.length > 1;
  const { image, type, cores, ram, gpus, cmd, args } = parameters;
  const options: RequestOptions = {
    kind: text(type) ?? 'headless',
    image: text(image),
    name: isMany ? name.replace(/-1$/, '') : name,
    cpu: text(cores),
    memory: text(ram),
    gpu: text(gpus) === undefined ? undefined : Number(gpus),
    command: [text(cmd), ...(text(args)?.split(' ') ?? [])].filter((word) => word !== undefined),
  };
  const isSame = rows.every((row) => JSON.stringify(row) === JSON.stringify(rows[0]));
  if (!isSame) return { ...options, rows };
  const env = Object.entries(rows[0] ?? {}).map(([key, value]) => `${key}=${value}`);
  return { ...options, env, ...(isMany ? { replicas: requests.length } : {}) };
}

/**
 * Reads the requests that a dry run printed, as the options that lead to the same requests.
 *
 * @param values - the list
 * @param where - for errors
 * @returns the options of each launch
 * @throws {SkahaError} command.usage when it is no such list
 */
export const readRequests = (values: readonly unknown[], where: string): RequestOptions[] =>
  groups(values.map((value) => readRequest(value, where))).map(toOptions);
