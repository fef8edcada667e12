import { ValidationError, type ValidationIssue } from '../errors/index.js';
import type { Resources } from '../models/resources.js';
import { type PlannedRequest, planCreate } from '../session/plan.js';
import { inRow, itemsOf, type PlannedItem } from './items.js';
import type { BatchSpec } from './types.js';

/** Everything a batch sends. */
export interface BatchPlan {
  /** The complete image reference. */
  image: string;
  kind: string;
  /** One for each item, in order. */
  requests: readonly PlannedRequest[];
  /** What was left out because the platform ignores it, in words. */
  notes: readonly string[];
}

const manyIssues = 20;

/**
 * Checks a batch and works out the exact requests, without sending anything.
 *
 * @param spec - what to launch
 * @param resources - what the platform offers, from `Context.resources`
 * @param registry - host for an image that names none
 * @throws {ValidationError} `request.invalid`, listing what is wrong
 * @example
 * ```ts
 * import { planBatch } from 'skaha/batch';
 *
 * const plan = planBatch({ name: 'fit', image: 'skaha/astroml', cmd: './fit.sh', array: '0-9' });
 * console.log(plan.requests.length); // 10
 * ```
 */
export function planBatch(spec: BatchSpec, resources?: Resources, registry?: string): BatchPlan {
  const items = itemsOf(spec);
  const { replicas: _replicas, array: _array, rows, ...template } = spec;
  const total = items.length;
  // The bounds of replicas and the room for the longest number are checked on the template.
  const common = planCreate({ ...template, replicas: Math.min(total, 512) }, resources, registry);
  const issues: ValidationIssue[] = [];
  const requests = items.map((item) => {
    try {
      return planItem(template, item, total, resources, registry);
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      issues.push(...(rows === undefined ? error.issues : inRow(error.issues, item.index)));
      return { index: item.index, name: '', form: [] };
    }
  });
  const [first, ...rest] = issues;
  if (first !== undefined) throw new ValidationError([first, ...rest.slice(0, manyIssues)]);
  return { image: common.image, kind: common.kind, requests, notes: common.notes };
}

function planItem(
  template: Omit<BatchSpec, 'array' | 'replicas' | 'rows'>,
  { index, env }: PlannedItem,
  total: number,
  resources: Resources | undefined,
  registry: string | undefined,
): PlannedRequest {
  const name = total === 1 ? template.name : `${template.name}-${index}`;
  const own = Object.keys(env).length === 0 ? template.env : { ...template.env, ...env };
  const { requests } = planCreate({ ...template, name, env: own }, resources, registry);
  const form = (requests[0]?.form ?? []).map(([field, value]): [string, string] => {
    if (field !== 'env') return [field, value];
    if (value.startsWith('REPLICA_ID=')) return [field, `REPLICA_ID=${index}`];
    if (value.startsWith('REPLICA_COUNT=')) return [field, `REPLICA_COUNT=${total}`];
    return [field, value];
  });
  return { index, name, form };
}
