import type { KnownSessionKind } from '@skaha/wire/kinds.js';
import type { EndReason } from './end-cause.js';

/**
 * Where a session is in its life.
 *
 * `queued` waits for room; `starting` has room and is being launched; `stopping` is being ended by
 * the platform and stays visible; `deleting` is being ended for its owner, who no longer sees it;
 * `gone` leaves no trace.
 */
export type Phase =
  | 'queued'
  | 'starting'
  | 'running'
  | 'stopping'
  | 'completed'
  | 'failed'
  | 'deleting'
  | 'gone';

/** The part of a session that changes while it lives. */
export interface Life {
  readonly phase: Phase;
  /** When it was given room; milliseconds since the epoch, as all times here. */
  readonly admittedAt?: number | undefined;
  /** Its place in the order of turns between users, from when it was given room. */
  readonly turn?: number | undefined;
  readonly startedAt?: number | undefined;
  readonly finishedAt?: number | undefined;
  /** Seconds from the start to the end of its allowed life. */
  readonly deadlineSeconds: number;
  readonly exitStatus?: number | undefined;
  /** What ended it besides its own command. */
  readonly endReason?: EndReason | undefined;
  /** Why the platform ends it. */
  readonly ending?: string | undefined;
  /** True while it waits in a queue of the runner's: it holds no room then, and no time is up. */
  readonly awaitsRunner?: boolean | undefined;
}

/** What a session may use. */
export interface SessionResources {
  /** Cores it is promised, and the most it may use. */
  readonly cores: number;
  readonly coresLimit: number;
  /** Bytes it is promised, and the most it may use. */
  readonly memory: number;
  readonly memoryLimit: number;
  /** Whether the server calls it fixed; only memory decides (Skaha API). */
  readonly fixed: boolean;
  /** Graphics processors; undefined for none. */
  readonly gpus?: number | undefined;
}

/** What a headless session runs. */
export interface Workload {
  /** The one word of the command; the image's own when absent. */
  readonly cmd?: string | undefined;
  readonly args?: readonly string[] | undefined;
  /** In the order given; the last of equal names counts. */
  readonly env: readonly (readonly [string, string])[];
}

/** A session as the platform keeps it. */
export interface SessionRecord {
  /** The id; for a desktop app `{id}-{appId}`. */
  readonly key: string;
  /** 8 characters; for a desktop app the id of its desktop. */
  readonly id: string;
  /** Desktop apps only: 3 characters. */
  readonly appId?: string | undefined;
  readonly owner: string;
  readonly name: string;
  readonly kind: KnownSessionKind;
  readonly image: string;
  /** Order of creation. */
  readonly sequence: number;
  readonly createdAt: number;
  readonly resources: SessionResources;
  readonly workload: Workload;
  /** What its caller calls its launch. */
  readonly launch?: string | undefined;
  /** Seconds it stays listed after it finished. */
  readonly keepSeconds: number;
  readonly life: Life;
}

/** What is known before a session has a key and a place in the queue. */
export type SessionPlan = Omit<
  SessionRecord,
  'key' | 'id' | 'appId' | 'sequence' | 'createdAt' | 'life'
> & { readonly deadlineSeconds: number };

/** Kinds that are not limited in number, have no address and are hidden from `view=interactive`. */
export const isInteractive = (kind: KnownSessionKind): boolean =>
  kind !== 'headless' && kind !== 'desktop-app';

/** True while the session holds cores and memory. */
export const holdsResources = (life: Life): boolean =>
  (life.phase === 'starting' && life.awaitsRunner !== true) ||
  life.phase === 'running' ||
  life.phase === 'stopping' ||
  life.phase === 'deleting';

/** True for as long as its owner can see it. */
export const isVisible = (life: Life): boolean =>
  life.phase !== 'deleting' && life.phase !== 'gone';

/** A session id opens the session's page: the log shows the beginning of it only. */
export const redacted = ({ key, name }: SessionRecord): string => `${name} (${key.slice(0, 4)}…)`;

/** True once it can run no more. */
export const isFinished = (life: Life): boolean =>
  life.phase === 'completed' || life.phase === 'failed';
