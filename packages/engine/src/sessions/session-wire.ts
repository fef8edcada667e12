import type { SessionWire } from '@skaha/wire/schemas.js';
import { instant } from './event-table.js';
import type { Life, SessionRecord } from './record.js';

/** What a reply needs to know besides the session itself. */
export interface WireContext {
  readonly uid: number;
  /** The number of the user's own group; by default that of the user. */
  readonly gid?: number | undefined;
  readonly groups: readonly number[];
  /** Scheme, host and port of the pages of sessions. */
  readonly origin: string;
  /** Whether the id of a session is enough to open its page. */
  readonly opensById: boolean;
  /** What it uses now: cores and bytes of memory; undefined if unknown. */
  readonly usage?: { readonly cores: number; readonly memory: number } | undefined;
}

/** The status a v1 server gives (Skaha API, status mapping). */
export function statusOf(
  life: Life,
): 'Pending' | 'Running' | 'Terminating' | 'Completed' | 'Failed' {
  switch (life.phase) {
    case 'queued':
    case 'starting':
      return 'Pending';
    case 'running':
      return 'Running';
    case 'stopping':
    case 'deleting':
      return 'Terminating';
    case 'completed':
      return 'Completed';
    case 'failed':
    case 'gone':
      return 'Failed';
  }
}

/** A start time as the server prints it: without seconds if they are zero (Skaha API). */
export const startText = (milliseconds: number): string =>
  instant(milliseconds).replace(/:00Z$/, 'Z');

const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(2);
const coresText = (cores: number) => (Number.isInteger(cores) ? String(cores) : cores.toFixed(3));

/** Where a browser finds a session (Skaha API, kinds); empty for those without a page. */
export function connectUrl(
  record: SessionRecord,
  { origin, opensById }: Pick<WireContext, 'origin' | 'opensById'>,
): string {
  const { id, owner } = record;
  switch (record.kind) {
    case 'notebook':
      return `${origin}/session/notebook/${id}/lab/tree/arc/home/${owner}${opensById ? `?token=${id}` : ''}`;
    case 'desktop':
      return `${origin}/session/desktop/${id}/?password=${id}&path=session/desktop/${id}/`;
    case 'carta':
      return `${origin}/session/carta/${id}/`;
    case 'contributed':
      return `${origin}/session/contrib/${id}/`;
    case 'firefly':
      return `${origin}/session/firefly/${id}/firefly/`;
    case 'headless':
    case 'desktop-app':
      return '';
  }
}

/** A session in the form of `GET /session`, fields in the server's order. */
export function sessionWire(record: SessionRecord, context: WireContext): SessionWire {
  const { life, resources } = record;
  const started = life.startedAt;
  return {
    id: record.id,
    userid: record.owner,
    runAsUID: String(context.uid),
    runAsGID: String(context.gid ?? context.uid),
    supplementalGroups: [...context.groups],
    ...(record.appId === undefined ? {} : { appid: record.appId }),
    image: record.image,
    type: record.kind,
    status: statusOf(life),
    name: record.name,
    ...(started === undefined
      ? {}
      : {
          startTime: startText(started),
          expiryTime: instant(started + life.deadlineSeconds * 1000),
        }),
    connectURL: connectUrl(record, context),
    ...(resources.fixed
      ? {
          requestedRAM: gigabytes(resources.memory),
          requestedCPUCores: coresText(resources.cores),
        }
      : {}),
    requestedGPUCores: String(resources.gpus ?? 0),
    ...usageWire(life, context),
    isFixedResources: resources.fixed,
  };
}

/** Usage of a running session; the fields are absent if it is unknown (Skaha API). */
function usageWire({ phase }: Life, { usage }: WireContext) {
  if (phase !== 'running' || usage === undefined) return {};
  return { ramInUse: gigabytes(usage.memory), cpuCoresInUse: usage.cores.toFixed(3) };
}

/** The public form of `view=all`: four fields, three while the session has not started. */
export function publicWire(record: SessionRecord): Record<string, string> {
  const { life } = record;
  return {
    userid: record.owner,
    type: record.kind,
    status: statusOf(life),
    ...(life.startedAt === undefined ? {} : { startTime: startText(life.startedAt) }),
  };
}
