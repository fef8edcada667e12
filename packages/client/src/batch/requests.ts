import { ValidationError, type ValidationIssue } from '../errors/index.js';
import type { Resources } from '../models/resources.js';
import { checkCreate, planCreate } from '../session/plan.js';
import type { PlannedRequest } from '../session/types.js';
import { inRow, itemsOf, nameOf, type PlannedItem } from './items.js';
import type { BatchPlan, BatchSpec } from './types.js';

const manyIssues = 20;

/** One session of a batch, as if it were launched alone. */
type Template = Omit<BatchSpec, 'array' | 'replicas' | 'rows'>;

/** One item of this many, as if it were launched alone. */
function alone(
  { replicas: _replicas, array: _array, rows: _rows, ...template }: BatchSpec,
  item: PlannedItem,
  total: number,
): Template {
  const name = nameOf(template, item.index, total);
  const isPlain = Object.keys(item.env).length === 0;
  return { ...template, name, env: isPlain ? template.env : { ...template.env, ...item.env } };
}

/** Checks each item, and throws what is wrong with all of them. */
function checkItems(spec: BatchSpec, items: readonly PlannedItem[], resources?: Resources): void {
  const issues: ValidationIssue[] = [];
  for (const item of items) {
    try {
      checkCreate(alone(spec, item, items.length), resources);
    } catch (error) {
      if (!(error instanceof ValidationError)) throw error;
      issues.push(...(spec.rows === undefined ? error.issues : inRow(error.issues, item.index)));
    }
  }
  const [first, ...rest] = issues;
  if (first !== undefined) throw new ValidationError([first, ...rest.slice(0, manyIssues)]);
}

type Form = PlannedRequest['form'];

/** What one item sends. Its form is made whenever it is read: thousands of them would fill memory. */
class ItemRequest implements PlannedRequest {
  readonly index: number;
  readonly name: string;
  readonly #formOf: (index: number) => Form;

  constructor(index: number, name: string, formOf: (index: number) => Form) {
    this.index = index;
    this.name = name;
    this.#formOf = formOf;
  }

  get form(): Form {
    return this.#formOf(this.index);
  }

  toJSON(): PlannedRequest {
    const { index, name, form } = this;
    return { index, name, form };
  }
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
  checkItems(spec, items);
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
  // The caller may change its own while the batch is under way.
  const items = itemsOf(spec).map(({ index, env }) => ({ index, env: { ...env } }));
  const { image, kind, notes } = planCreate(commonOf(spec, items.length), resources, registry);
  checkItems(spec, items, resources);
  const { args, env } = spec;
  const kept = { ...spec, args: args && [...args], env: env && { ...env } };
  const planned = (item: PlannedItem) =>
    planCreate(alone(kept, item, items.length), resources, registry).requests[0];
  const formOf = (index: number): Form => {
    const item = items[index - 1];
    return item === undefined ? [] : numbered(planned(item)?.form ?? [], index, items.length);
  };
  const requests = items.map(
    ({ index }) => new ItemRequest(index, nameOf(spec, index, items.length), formOf),
  );
  return { image, kind, requests, notes };
}

/** The form of a session that was planned alone, with its number in the batch. */
const numbered = (form: Form, index: number, total: number): Form =>
  form.map(([field, value]) => {
    if (field !== 'env') return [field, value];
    if (value.startsWith('REPLICA_ID=')) return [field, `REPLICA_ID=${index}`];
    if (value.startsWith('REPLICA_COUNT=')) return [field, `REPLICA_COUNT=${total}`];
    return [field, value];
  });
