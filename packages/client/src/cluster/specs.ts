import type { BatchSpec } from '../batch/index.js';
import { throwIssues } from '../client/options.js';
import type { ValidationIssue } from '../errors/index.js';
import { scriptCommand } from '../session/script.js';
import { headScript, workerScript } from './engines.js';
import type { ClusterLabels, ClusterPlan } from './state.js';
import type { ClusterSpec } from './types.js';

/** @throws {ValidationError} with all that is wrong with it */
export function checkSpec(spec: ClusterSpec): void {
  const { name, engine, workers = 1, maxWorkers = 32, headKind } = spec;
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
  if (!Number.isInteger(workers) || workers < 0 || workers > 10_000) {
    issues.push({ path: 'workers', message: 'workers must be a whole number from 0 to 10,000.' });
  }
  if (headKind === 'contributed' && engine.addressIn === undefined) {
    issues.push({
      path: 'headKind',
      message: `A contributed head needs an engine with addressIn, which ${engine.name} lacks.`,
    });
  }
  throwIssues(issues);
}

/** The batch of its head. */
export function headSpec(spec: ClusterSpec, id: string): BatchSpec {
  const { name, engine, image, headImage = image, headKind, python = 'python3' } = spec;
  const { maxWorkers = 32, cores, memoryGiB, gpus, env } = spec;
  const size = { cores: spec.headCores, memoryGiB: spec.headMemoryGiB };
  const plan: ClusterPlan = {
    name,
    engine: engine.name,
    image,
    python,
    maxWorkers,
    cores,
    memoryGiB,
    gpus,
    env,
  };
  const labels: ClusterLabels = { cluster: id, 'cluster.plan': JSON.stringify(plan) };
  const head = { name: `${name}-head`, image: headImage, ...size, labels };
  // Only headless sessions take a command and variables: the other runs what its image says.
  if (headKind === 'contributed') return { ...head, kind: 'contributed' };
  const script = scriptCommand(headScript(engine, id, { python, ...size }));
  return { ...head, kind: 'headless', ...script, env };
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
  const { cores, memoryGiB, gpus, env } = spec;
  const labels: ClusterLabels = { cluster: id, 'cluster.head': host };
  return {
    name: `${name}-w${number}`,
    image,
    kind: 'headless',
    cores,
    memoryGiB,
    gpus,
    replicas: workers,
    ...scriptCommand(workerScript(engine, host, { python, cores, memoryGiB, gpus })),
    env: { ...env, ...engine.variables(host) },
    labels,
  };
}
