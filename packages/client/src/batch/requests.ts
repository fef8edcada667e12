import { ValidationError, type ValidationIssue } from '../errors/index.js';
import type { Resources } from '../models/resources.js';
import { checkCreate, planCreate } from '../session/plan.js';
import type { PlannedRequest } from '../session/types.js';
import { inRow, itemsOf, type PlannedItem } from './items.js';
import type { BatchPlan, BatchSpec } from './types.js';

const manyIssues = 20;

/** One session of a batch, as if it were launched alone. */
type Template = Omit<BatchSpec, 'array' | 'replicas' | 'rows'>;

/** Does something for each item, and throws what is wrong with all of them. */
function forEachItem<T>(
  { replicas: _replicas, array: _array, rows, ...template }: BatchSpec,
  items: readonly PlannedItem[],
  work: (item: Template, planned: PlannedItem) => T,
): T[] {
  const issues: ValidationIssue[] = [];
  const results = items.flatMap((item) => {
    const name = items.length === 1 ? template.name : `${template.name}-${item.index}`;
    const isPlain = Object.keys(item.env).length === 0;
    const env = isPlain ? template.env : { ...template.env, ...item.env };
    try {
      return [work({ ...template, name, env }, item)];
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      issues.push(...(rows === undefined ? error.issues : inRow(error.issues, item.index)));
      return [];
    }
  });
  const [first, ...rest] = issues;
  if (first !== undefined) throw new ValidationError([first, ...rest.slice(0, manyIssues)]);
  return results;
}

/** What all have in common: the bounds of replicas, and room for the longest number in the name. */
const commonOf = ({ array: _array, rows: _rows, ...spec }: BatchSpec, total: number) => ({
  ...spec,
  replicas: Math.min(total, 512),
});

/**
 * Checks a batch, without sending anything.
 *
 * @param spec - what to launch
 * @throws {ValidationError} `request.invalid`, listing what is wrong
 * @example
 * ```ts
 * import { checkBatch } from 'skaha/batch';
 *
 * checkBatch({ name: 'fit', image: 'skaha/astroml', cmd: './fit.sh', array: '0-9' });
 * ```
 */
export function checkBatch(spec: BatchSpec): void {
  const items = itemsOf(spec);
  checkCreate(commonOf(spec, items.length));
  forEachItem(spec, items, (item) => checkCreate(item));
}

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
  const common = planCreate(commonOf(spec, items.length), resources, registry);
  const requests = forEachItem(spec, items, (item, { index }) => {
    const [request] = planCreate(item, resources, registry).requests;
    return { index, name: item.name, form: numbered(request, index, items.length) };
  });
  return { image: common.image, kind: common.kind, requests, notes: common.notes };
}

/** The form of a session that was planned alone, with its number in the batch. */
const numbered = (request: PlannedRequest | undefined, index: number, total: number) =>
  (request?.form ?? []).map(([field, value]): [string, string] => {
    if (field !== 'env') return [field, value];
    if (value.startsWith('REPLICA_ID=')) return [field, `REPLICA_ID=${index}`];
    if (value.startsWith('REPLICA_COUNT=')) return [field, `REPLICA_COUNT=${total}`];
    return [field, value];
  });
