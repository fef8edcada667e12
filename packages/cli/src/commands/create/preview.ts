import { mask } from '@skaha/base/redact.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { fields } from '@skaha/terminal/output/table.js';
import { plain } from '@skaha/terminal/output/text.js';
import { isSkahaError, type PlannedRequest } from 'skaha';
import { type BatchPlan, type BatchSpec, checkBatch, planBatch } from 'skaha/batch';
import type { Deps } from '../../environment/deps.js';
import { askLimits } from '../limits.js';

/** What the platform offers, and its own registry; nothing where it cannot be asked. */
async function platformFacts(io: Io, deps: Deps, warn: (text: string) => void) {
  try {
    const client = await deps.client();
    const [resources, hosts] = await Promise.all([
      askLimits(io, deps),
      client.repository({ signal: io.signal }),
    ]);
    return { resources, registry: hosts[0] };
  } catch (error) {
    if (io.signal.aborted || !isSkahaError(error)) throw error;
    warn(`Checked without the limits of the platform: ${plain(error.message)}`);
    return undefined;
  }
}

/**
 * Works out what would be sent, with the platform's own bounds and registry where it can be asked.
 *
 * @param warn - called where it cannot
 * @throws {ValidationError} request.invalid, listing everything that is wrong
 */
export async function planDryRun(
  io: Io,
  deps: Deps,
  spec: BatchSpec,
  warn: (text: string) => void = (text) => note(io, text),
): Promise<BatchPlan> {
  // First without asking, so that what is plainly wrong is said whatever the server does.
  checkBatch(spec);
  const known = await platformFacts(io, deps, warn);
  return planBatch(spec, known?.resources, known?.registry);
}

function parameters({ form }: PlannedRequest): Record<string, string | string[]> {
  const env = form.filter(([name]) => name === 'env').map(([, value]) => value);
  const single = form.filter(([name]) => name !== 'env');
  return { ...Object.fromEntries(single), ...(env.length === 0 ? {} : { env }) };
}

/** What is kept from people who read along. */
const hidden = (name: string, value: string): string =>
  name === 'env' ? `${value.split('=', 1)[0]}=${mask}` : value;

/**
 * The first request in full, and how many more are like it.
 *
 * @param hides - leaves out the values of variables
 */
export function describePlan(plan: BatchPlan, hides = false): string {
  const [first, ...others] = plan.requests;
  if (first === undefined) return '';
  const pairs = first.form.map(([name, value]): [string, string] => [
    `  ${name}`,
    plain((hides ? hidden(name, value) : value).replaceAll('\t', '\\t')),
  ]);
  const body = fields({ style: (_ink, text) => text }, pairs);
  const last = others.at(-1);
  const more =
    last === undefined
      ? ''
      : `and ${others.length} more like it, up to '${last.name}', each with its own REPLICA_ID\n`;
  return `POST session\n${body}${more}`;
}

export async function showPlans(io: Io, plans: readonly BatchPlan[]): Promise<void> {
  for (const text of plans.flatMap(({ notes }) => notes)) note(io, text);
  const requests = plans.flatMap((plan) => plan.requests);
  await render(io, {
    data: requests.map((request) => ({
      index: request.index,
      name: request.name,
      method: 'POST',
      path: 'session',
      parameters: parameters(request),
    })),
    table: () => plans.map((plan) => describePlan(plan)).join('\n'),
    names: () => requests.map(({ name }) => name),
  });
  note(io, 'Nothing was launched.');
}
