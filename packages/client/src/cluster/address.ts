import { isFinished } from '@skaha/wire/status.js';
import type { ClientHolder } from '../client/source.js';
import { coreOf } from '../client/source.js';
import { isSkahaError, SkahaError } from '../errors/index.js';
import { Session } from '../session/session.js';
import { type ClusterEngine, headMark } from './engines.js';
import { type KnownCluster, labelOf } from './state.js';
import type { ClusterOptions } from './types.js';

/** The address that the script of a head printed; undefined before it did. */
const printedAddress = (text: string, id: string): string | undefined =>
  text
    .split('\n')
    .map((line) => line.trim().split(' '))
    .find(([mark, cluster]) => mark === headMark && cluster === id)?.[2];

/** Whether its head runs what its image says, and not our script. */
export const runsImage = ({ head }: KnownCluster): boolean =>
  head.state.spec.kind === 'contributed';

/** The address of a head, from its log; undefined before it is there. */
function addressIn(text: string, known: KnownCluster, engine: ClusterEngine): string | undefined {
  const found = runsImage(known) ? engine.addressIn?.(text) : printedAddress(text, known.id);
  return /^[0-9A-Fa-f.:]{3,45}$/.test(found ?? '') ? found : undefined;
}

/**
 * Waits until the head of a cluster has said under which address it is reached.
 *
 * @throws {SkahaError} `cluster.head_failed` when it ended before, `wait.timeout`
 */
export async function headAddress(
  client: ClientHolder,
  known: KnownCluster,
  engine: ClusterEngine,
  { signal, startTimeoutMs = 600_000, intervalMs = 1_000 }: ClusterOptions,
): Promise<string> {
  const { head, workers, name } = known;
  const before = workers
    .map((batch) => labelOf(batch, 'cluster.head'))
    .find((one) => one !== undefined);
  if (before !== undefined) return before;
  const sessions = new Session(client);
  const { clock } = coreOf(client).settings;
  const session = head.state.items[0]?.id;
  if (session === undefined) throw failed(name, 'was never launched');
  const end = clock.now() + startTimeoutMs;
  for (;;) {
    const info = await infoOf(sessions, session, signal);
    const isOver = info === undefined || isFinished(info.status);
    if (isOver || info.status === 'Running') {
      const [log] = info === undefined ? [] : await sessions.logs([session], { signal });
      const found = addressIn(log?.text ?? '', known, engine);
      if (found !== undefined && !isOver) return found;
      if (isOver) throw failed(name, `ended (${session})`, log?.text);
    }
    if (clock.now() >= end) {
      const why = `See why with 'skaha events ${session}' and 'skaha logs ${session}'.`;
      throw new SkahaError('wait.timeout', `The head of ${name} (${session}) has no address yet.`, {
        hint: runsImage(known) ? `${why} Its image must start ${engine.name} itself.` : why,
      });
    }
    await clock.sleep(Math.max(10, intervalMs), signal);
  }
}

/** Undefined for a session that is gone. */
async function infoOf(
  sessions: Session,
  id: string,
  signal: AbortSignal | undefined,
): Promise<{ status: string } | undefined> {
  try {
    const [info] = await sessions.info([id], { signal });
    return info;
  } catch (error) {
    if (isSkahaError(error, 'session.not_found')) return undefined;
    throw error;
  }
}

function failed(name: string, what: string, log = ''): SkahaError {
  const last = log.trimEnd().split('\n').slice(-3).join(' / ');
  return new SkahaError('cluster.head_failed', `The head of the cluster ${name} ${what}.`, {
    hint: `${last === '' ? '' : `Its log ends with: ${last}. `}Remove what is left: 'skaha cluster delete ${name}'.`,
  });
}
