import { type Io, note } from '@skaha/terminal/io.js';
import { plain } from '@skaha/terminal/output/text.js';
import type { CreatedSession } from 'skaha';
import type { Deps } from '../../deps.js';
import type { LaunchRecord } from './history.js';
import type { Prepared } from './plan.js';

const keptSessions = 100;

/** Names of variables whose values are nobody's business, not even on this disk. */
export const secretive = /pass|secret|token|credential|api_?key|private|cookie/i;

/** What was launched, with the long names of the options of `create` as keys. */
function specificationOf({ spec, options, isNamed }: Prepared): Record<string, unknown> {
  const { kind, image, cores, memoryGiB, gpus, cmd, args = [], env = {} } = spec;
  const { retries, retryOn, backoffMs, maxActive, atomic } = options;
  const open = Object.entries(env).filter(([name]) => !secretive.test(name));
  return {
    kind,
    image,
    // A name that was made up is made up anew.
    ...(isNamed ? { name: spec.name } : {}),
    ...(cmd === undefined ? {} : { command: [cmd, ...args] }),
    cpu: cores,
    memory: memoryGiB,
    gpu: gpus,
    ...(open.length === 0 ? {} : { env: Object.fromEntries(open) }),
    ...(spec.rows === undefined ? { replicas: spec.replicas } : {}),
    // Its job keeps its name; another gets one of its own.
    array: spec.array,
    retries,
    'retry-on': retryOn?.join(','),
    backoff: backoffMs === undefined ? undefined : `${backoffMs}ms`,
    'max-active': maxActive,
    ...(atomic === true ? { atomic } : {}),
  };
}

function recordOf(
  prepared: Prepared,
  sessions: readonly CreatedSession[],
  { server, now }: { server: string; now: number },
): LaunchRecord {
  const { env = {}, rows } = prepared.spec;
  const variables = new Set([...Object.keys(env), ...(rows ?? []).flatMap(Object.keys)]);
  return {
    time: new Date(now).toISOString(),
    server,
    specification: specificationOf(prepared),
    rows: rows?.map((row) =>
      Object.fromEntries(
        Object.entries(row)
          .filter(([name]) => !secretive.test(name))
          .map(([name, value]) => [name, String(value)]),
      ),
    ),
    withheld: [...variables].filter((name) => secretive.test(name)),
    sessions: sessions.slice(0, keptSessions).map(({ id, name }) => ({ id, name })),
    total: sessions.length,
  };
}

/** Writes a launch down; that it cannot be written down is no reason to fail. */
export async function remember(
  io: Io,
  deps: Deps,
  prepared: Prepared,
  sessions: readonly CreatedSession[],
): Promise<void> {
  if (sessions.length === 0) return;
  try {
    const { root } = await (await deps.client()).connection();
    const log = await deps.launches();
    await log.add(recordOf(prepared, sessions, { server: root, now: deps.now() }));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    note(io, `The launch is not in 'skaha history': ${plain(reason)}`);
  }
}
