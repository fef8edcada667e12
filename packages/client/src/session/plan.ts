import { launchableKinds } from '@skaha/wire/kinds.js';
import { integerIssue } from '../client/options.js';
import { ValidationError, type ValidationIssue } from '../errors/index.js';
import {
  completeImage,
  defaultRegistry,
  type ImageReference,
  parseImageReference,
} from '../models/image.js';
import { nameProblem } from '../models/name.js';
import type { Resources } from '../models/resources.js';
import { commandIssues, environmentIssues, scriptHint } from './carriable.js';
import type { CreateOptions, CreatePlan } from './types.js';

/** What may be requested at most where the platform does not say what it offers. */
export const generalMaxima = { cores: 256, memoryGiB: 512, gpus: 28 };

/** Kinds whose size the platform fixes, and of which only one can be launched at a time. */
const sized = new Set<string>(['desktop', 'firefly']);

/**
 * Tests whether the platform itself sets the size of sessions of a kind.
 *
 * @param kind - in lower case
 * @example
 * ```ts
 * import { platformSizes } from 'skaha';
 *
 * console.log(platformSizes('desktop')); // true
 * ```
 */
export const platformSizes = (kind: string): boolean => sized.has(kind);

const kindOf = (options: Pick<CreateOptions, 'kind'>): string =>
  (options.kind ?? 'headless').trim().toLowerCase();

/**
 * Checks the options of a launch, without sending anything.
 *
 * @param options - as for `create`
 * @param resources - what the platform offers, from `Context.resources`; without it the bounds
 *   are 1–256 cores, 1–512 GiB and 1–28 GPUs
 * @returns the parsed image reference
 * @throws {ValidationError} `request.invalid`, listing everything that is wrong
 * @example
 * ```ts
 * import { checkCreate } from 'skaha';
 *
 * checkCreate({ name: 'reduce', image: 'skaha/astroml', cmd: 'python' }); // nothing is wrong
 * ```
 */
export function checkCreate(options: CreateOptions, resources?: Resources): ImageReference {
  const kind = kindOf(options);
  const reference = parseImageReference(options.image ?? '');
  const cannotCarry = kind === 'headless' ? carriageIssues(options) : [];
  const replicas = options.replicas ?? 1;
  const issues = [
    ...nameIssues(options.name ?? '', replicas),
    ...(reference === undefined ? [imageIssue(options.image ?? '')] : []),
    ...kindIssues(kind, options),
    ...amountIssues(options, kind, resources),
    ...cannotCarry,
    ...replicaIssues(replicas, kind),
  ];
  const [first, ...rest] = issues;
  if (reference !== undefined && first === undefined) return reference;
  const hint = cannotCarry.length > 0 ? scriptHint : undefined;
  throw new ValidationError([first ?? imageIssue(options.image), ...rest], hint);
}

/**
 * Checks the options of a launch and works out the exact requests, without sending anything.
 *
 * @param options - as for `create`
 * @param resources - what the platform offers, from `Context.resources`; without it the bounds
 *   are 1–256 cores, 1–512 GiB and 1–28 GPUs
 * @param registry - host for an image that names none
 * @throws {ValidationError} `request.invalid`, listing everything that is wrong
 * @example
 * ```ts
 * import { planCreate } from 'skaha';
 *
 * const plan = planCreate({ name: 'reduce', image: 'skaha/astroml', cmd: 'python', replicas: 2 });
 * console.log(plan.requests.map(({ name }) => name)); // [ 'reduce-1', 'reduce-2' ]
 * ```
 */
export function planCreate(
  options: CreateOptions,
  resources?: Resources,
  registry: string = defaultRegistry,
): CreatePlan {
  const reference = checkCreate(options, resources);
  const kind = kindOf(options);
  const replicas = options.replicas ?? 1;
  const image = completeImage(reference, registry);
  const requests = Array.from({ length: replicas }, (_, position) => {
    const index = position + 1;
    const name = replicas === 1 ? options.name : `${options.name}-${index}`;
    return { index, name, form: form({ ...options, name }, image, kind, index, replicas) };
  });
  return { image, kind, requests, notes: notes(options, kind) };
}

function form(
  options: CreateOptions,
  image: string,
  kind: string,
  index: number,
  replicas: number,
): [string, string][] {
  const fields: [string, string][] = [
    ['name', options.name],
    ['image', image],
  ];
  const { cores, memoryGiB, gpus, cmd, args, env } = options;
  if (!sized.has(kind)) {
    if (cores !== undefined) fields.push(['cores', String(cores)]);
    if (memoryGiB !== undefined) fields.push(['ram', String(memoryGiB)]);
  }
  fields.push(['type', kind]);
  // The server refuses `gpus=0` where leaving it out means the same.
  if (gpus !== undefined && gpus > 0) fields.push(['gpus', String(gpus)]);
  if (kind !== 'headless') return fields;
  if (cmd !== undefined) fields.push(['cmd', cmd]);
  if (args !== undefined && args.length > 0) fields.push(['args', args.join(' ')]);
  for (const [name, value] of Object.entries(env ?? {})) fields.push(['env', `${name}=${value}`]);
  fields.push(['env', `REPLICA_ID=${index}`], ['env', `REPLICA_COUNT=${replicas}`]);
  return fields;
}

function nameIssues(name: string, replicas: number): ValidationIssue[] {
  const suffix = Number.isInteger(replicas) && replicas > 1 ? `-${replicas}`.length : 0;
  const message = nameProblem(name, suffix);
  return message === undefined ? [] : [{ path: 'name', message }];
}

function imageIssue(image: string): ValidationIssue {
  return {
    path: 'image',
    message:
      image === ''
        ? 'The session needs an image.'
        : `${JSON.stringify(image.slice(0, 200))} is not an image reference; use [registry/]project/image[:tag].`,
  };
}

function kindIssues(kind: string, options: CreateOptions): ValidationIssue[] {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(kind)) {
    const message = `The kind must be one of ${launchableKinds.join(', ')}.`;
    return [{ path: 'kind', message }];
  }
  if (kind === 'desktop-app') {
    const message = 'A desktop app can only be started on a desktop.';
    return [{ path: 'kind', message }];
  }
  if (kind === 'headless') return [];
  const given = [
    options.cmd === undefined ? '' : 'cmd',
    options.args === undefined || options.args.length === 0 ? '' : 'args',
    Object.keys(options.env ?? {}).length === 0 ? '' : 'env',
  ].filter((name) => name !== '');
  return given.map((path) => ({
    path,
    message: `The option ${path} is for headless sessions; a ${kind} session ignores it.`,
  }));
}

function carriageIssues({ cmd, args, env }: CreateOptions): ValidationIssue[] {
  return [...commandIssues(cmd, args), ...environmentIssues(env)];
}

function replicaIssues(replicas: number, kind: string): ValidationIssue[] {
  const issue = integerIssue('replicas', replicas, { minimum: 1, maximum: 512 });
  if (issue !== undefined) return [issue];
  if (replicas > 1 && sized.has(kind)) {
    return [{ path: 'replicas', message: `A ${kind} session cannot have replicas.` }];
  }
  return [];
}

interface Amount {
  path: string;
  unit: string;
  value: number | undefined;
  options: readonly number[] | undefined;
  maximum: number;
}

function amountIssues(
  { cores, memoryGiB, gpus }: CreateOptions,
  kind: string,
  resources: Resources | undefined,
): ValidationIssue[] {
  const sizes: Amount[] = sized.has(kind)
    ? []
    : [
        {
          path: 'cores',
          unit: 'cores',
          value: cores,
          options: resources?.cores.options,
          maximum: generalMaxima.cores,
        },
        {
          path: 'memoryGiB',
          unit: 'GiB of memory',
          value: memoryGiB,
          options: resources?.memoryGiB.options,
          maximum: generalMaxima.memoryGiB,
        },
      ];
  const accelerators = {
    path: 'gpus',
    unit: 'GPUs',
    value: gpus === 0 ? undefined : gpus,
    options: resources?.gpus.options,
    maximum: generalMaxima.gpus,
  };
  return [...sizes, accelerators].flatMap(amountIssue);
}

function amountIssue({ path, unit, value, options, maximum }: Amount): ValidationIssue[] {
  if (value === undefined) return [];
  if (!Number.isInteger(value) || value < 1) {
    return [{ path, message: `${path} must be a whole number of at least 1, not ${value}.` }];
  }
  if (options === undefined) {
    return value <= maximum
      ? []
      : [{ path, message: `${path} may be at most ${maximum}, not ${value}.` }];
  }
  if (options.includes(value)) return [];
  const rest = options.length === 0 ? '.' : `; ${value} is not among them.`;
  return [{ path, message: `${offer(options, unit)}${rest}` }];
}

/** What a platform offers, in words: a range where there are no gaps, else the values. */
function offer(options: readonly number[], unit: string): string {
  const [first] = options;
  const last = options.at(-1);
  if (first === undefined || last === undefined) return `This platform offers no ${unit}`;
  const isRange = last - first === options.length - 1;
  const values = isRange && options.length > 2 ? `${first} to ${last}` : options.join(', ');
  return `This platform offers ${values} ${unit}`;
}

function notes({ cores, memoryGiB }: CreateOptions, kind: string): string[] {
  if (!sized.has(kind) || (cores === undefined && memoryGiB === undefined)) return [];
  return [`The platform sets the size of ${kind} sessions itself: cores and memory are left out.`];
}
