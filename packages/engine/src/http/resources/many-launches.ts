import { setImmediate as othersTurn } from 'node:timers/promises';
import { parseJson } from '@skaha/base/json.js';
import { readBody } from '@skaha/service/body.js';
import { reasonOf } from '@skaha/service/errors.js';
import { compact, type Reply } from '@skaha/service/reply.js';
import { isLaunchKey } from '@skaha/wire/launch-keys.js';
import { type LaunchOrder, type LaunchReply, launchesType } from '@skaha/wire/many-launches.js';
import type { Orchestrator } from '../../orchestration/orchestrator.js';
import { Refusal } from '../../sessions/refusal.js';
import { parametersOf } from '../parameters.js';
import type { Call, Site } from '../site.js';
import { type LaunchContext, launch, launchContext } from './session-changes.js';

/** How many launches a request may contain. */
const mostLaunches = 100;

/** After this many, other work gets a turn, such as starting the first sessions. */
const atOnce = 8;

const bounds = { bytes: 1024 * 1024 };

/** Launches in progress, by their owner and name. */
const underWay = new WeakMap<Orchestrator, Map<string, Promise<string>>>();

/**
 * How many launches a caller may send at once. Not offered while faults are active: whoever
 * injected them counts single requests.
 */
export const launchesOffered = ({ faults }: Pick<Site, 'faults'>): number | undefined =>
  faults.active.length === 0 ? mostLaunches : undefined;

/**
 * `POST /launches`: our own addition, which the real server does not have. Each launch is
 * independent, as if it had come alone: the reply contains its id once it is on disk, or why it was
 * refused. A launch with the name of an earlier one is the same launch.
 */
export async function createMany(call: Call): Promise<Reply> {
  const { request, site } = call;
  if (launchesOffered(site) === undefined) throw new Refusal(503, 'Launch each session by itself');
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    throw new Refusal(415, `Launches must be given as ${launchesType}`);
  }
  const orders = ordersIn((await readBody(request, bounds)).toString('utf8'));
  if (orders === undefined) throw new Refusal(400, 'These are not launches');
  const how = await launchContext(call);
  const launches: Promise<LaunchReply>[] = [];
  for (const [index, order] of orders.entries()) {
    if (index > 0 && index % atOnce === 0) await othersTurn();
    launches.push(launchOnce(call, order, how).then(done, refused));
  }
  return compact(await Promise.all(launches));
}

async function launchOnce(
  call: Call,
  { key, form }: LaunchOrder,
  how: LaunchContext,
): Promise<string> {
  const { orchestrator } = call.site;
  const known = underWay.get(orchestrator) ?? new Map<string, Promise<string>>();
  underWay.set(orchestrator, known);
  const name = `${call.user} ${key}`;
  const same = known.get(name);
  if (same !== undefined) return await same;
  const { sessions } = orchestrator;
  const earlier = sessions.ended
    .launchedAs(key)
    .find((one) => sessions.find(call.user, one) !== undefined);
  if (earlier !== undefined) return earlier;
  const launched = launch(call, parametersOf(form), { ...how, launch: key });
  known.set(name, launched);
  try {
    return await launched;
  } finally {
    known.delete(name);
  }
}

const done = (id: string): LaunchReply => ({ id });

/** A failure of one launch must not hide what became of the others. */
const refused = (error: unknown): LaunchReply =>
  error instanceof Refusal
    ? { status: error.status, text: error.message }
    : { status: 500, text: reasonOf(error) };

/** Checked without the schema library, because there may be very many. */
function ordersIn(text: string): readonly LaunchOrder[] | undefined {
  const value = parseJson(text);
  const isSound = Array.isArray(value) && value.length <= mostLaunches && value.every(isOrder);
  return isSound ? value : undefined;
}

const isText = (value: unknown): value is string => typeof value === 'string';

function isOrder(value: unknown): value is LaunchOrder {
  if (typeof value !== 'object' || value === null) return false;
  const { key, form } = value as Partial<LaunchOrder>;
  return (
    isText(key) &&
    isLaunchKey(key) &&
    Array.isArray(form) &&
    form.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isText))
  );
}
