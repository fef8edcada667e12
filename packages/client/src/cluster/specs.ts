import type { BatchSpec } from '../batch/index.js';
import { throwIssues } from '../client/options.js';
import type { ValidationIssue } from '../errors/index.js';
import { scriptCommand } from '../session/script.js';
import { type ClusterEngine, headScript, workerScript } from './engines.js';
import { type KnownCluster, labelOf, labels } from './look.js';
import type { ClusterSpec } from './types.js';

/** @throws {ValidationError} with all that is wrong with it */
export function checkSpec({ name, engine, workers = 1, maxWorkers = 32 }: ClusterSpec): void {
  const issues: ValidationIssue[] = [];
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38}[A-Za-z0-9])?$/.test(name)) {
    issues.push({
      path: 'name',
      message: `The name of a cluster has at most 40 letters, digits and inner hyphens; '${name}' does not fit that.`,
    });
  }
  if (!/^[a-z0-9-]{1,40}$/.test(engine.name)) {
    issues.push({ path: 'engine', message: `'${engine.name}' is not the name of an engine.` });
  }
  if (!Number.isInteger(maxWorkers) || maxWorkers < 1 || maxWorkers > 10_000) {
    issues.push({
      path: 'maxWorkers',
      message: 'maxWorkers must be a whole number from 1 to 10,000.',
    });
  }
  if (!Number.isInteger(workers) || workers < 0 || workers > 512) {
    issues.push({ path: 'workers', message: 'workers must be a whole number from 0 to 512.' });
  }
  throwIssues(issues);
}

/** What all batches of a cluster carry: by this they are found again. */
function labelled(
  spec: ClusterSpec,
  id: string,
  role: 'head' | 'worker',
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const { name, engine, python = 'python3', maxWorkers = 32 } = spec;
  const size = [spec.cores, spec.memoryGiB, spec.gpus].map((one) => String(one ?? '')).join(',');
  return {
    ...spec.env,
    ...{ [labels.id]: id, [labels.name]: name, [labels.engine]: engine.name },
    ...{ [labels.role]: role, [labels.limit]: String(maxWorkers), [labels.python]: python },
    ...{ [labels.worker]: size, ...more },
  };
}

/** The batch of its head. */
export function headSpec(spec: ClusterSpec, id: string): BatchSpec {
  const { name, engine, image, python = 'python3' } = spec;
  const size = { cores: spec.headCores, memoryGiB: spec.headMemoryGiB };
  return {
    ...{ name: `${name}-head`, image, kind: 'headless', ...size },
    ...scriptCommand(headScript(engine, id, { python, ...size })),
    env: labelled(spec, id, 'head'),
  };
}

/**
 * A batch of its workers.
 *
 * @param host - where its head is
 * @param number - of the batch
 */
export function workersSpec(
  spec: ClusterSpec,
  id: string,
  host: string,
  number: number,
): BatchSpec {
  const { name, engine, image, python = 'python3', workers = 1 } = spec;
  const { cores, memoryGiB, gpus } = spec;
  return {
    ...{ name: `${name}-w${number}`, image, kind: 'headless', cores, memoryGiB, gpus },
    replicas: workers,
    ...scriptCommand(workerScript(engine, host, { python, cores, memoryGiB, gpus })),
    env: labelled(spec, id, 'worker', { ...engine.variables(host), [labels.head]: host }),
  };
}

/** What a cluster was made of, from the labels of its head. */
export function specOf({ name, head }: KnownCluster, engine: ClusterEngine): ClusterSpec {
  const { spec, image } = head.state;
  const own: readonly string[] = Object.values(labels);
  const env = Object.entries(spec.env ?? {}).filter(([key]) => !own.includes(key));
  const [cores, memoryGiB, gpus] = (labelOf(head, 'worker') ?? '')
    .split(',')
    .map((text) => (text === '' ? undefined : Number(text)));
  return {
    ...{ name, engine, image, cores, memoryGiB, gpus, env: Object.fromEntries(env) },
    python: labelOf(head, 'python'),
    maxWorkers: Number(labelOf(head, 'limit') ?? 32),
  };
}
