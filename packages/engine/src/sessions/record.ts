import type { KnownSessionKind } from '@skaha/wire/kinds.js';
import type { EndReason } from './end-cause.js';

/**
 * The phase of a session.
 *
 * `queued` waits for resources; `starting` has resources and is being launched; `stopping` is being
 * ended by the platform and stays visible; `deleting` is being ended for its owner, who no longer
 * sees it; `gone` leaves no trace.
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
  /** When it was admitted; in milliseconds since the epoch, like all times here. */
  readonly admittedAt?: number | undefined;
  /** Its position in the order of turns between users, set when it is admitted. */
  readonly turn?: number | undefined;
  readonly startedAt?: number | undefined;
  readonly finishedAt?: number | undefined;
  /** Seconds from its start to the end of its lifetime. */
  readonly deadlineSeconds: number;
  readonly exitStatus?: number | undefined;
  /** What ended it besides its own command. */
  readonly endReason?: EndReason | undefined;
  /** Why the platform ends it. */
  readonly ending?: string | undefined;
  /** True while it waits in the runner's queue: it holds no resources then, and does not expire. */
  readonly awaitsRunner?: boolean | undefined;
}

/** The resources of a session. */
export interface SessionResources {
  /** The cores that it is guaranteed, and the most that it may use. */
  readonly cores: number;
  readonly coresLimit: number;
  /** The bytes that it is guaranteed, and the most that it may use. */
  readonly memory: number;
  readonly memoryLimit: number;
  /** Whether the server calls it fixed; only memory decides (Skaha API). */
  readonly fixed: boolean;
  /** Graphics processors; undefined for none. */
  readonly gpus?: number | undefined;
}

/** What a headless session runs. */
export interface Workload {
  /** The command, a single word; by default that of the image. */
  readonly cmd?: string | undefined;
  readonly args?: readonly string[] | undefined;
  /** In the given order; the last of equal names counts. */
  readonly env: readonly (readonly [string, string])[];
}

/** A session as the platform stores it. */
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
  /** The name that its caller gave to the launch. */
  readonly launch?: string | undefined;
  /** Seconds it stays listed after it finished. */
  readonly keepSeconds: number;
  readonly life: Life;
}

/** What is known of a session before it has a key and a place in the queue. */
export type SessionPlan = Omit<
  SessionRecord,
  'key' | 'id' | 'appId' | 'sequence' | 'createdAt' | 'life'
> & { readonly deadlineSeconds: number };

/**
 * Whether sessions of a kind have an address, count towards the limit and appear in
 * `view=interactive`.
 */
export const isInteractive = (kind: KnownSessionKind): boolean =>
  kind !== 'headless' && kind !== 'desktop-app';

/** Whether the session holds cores and memory. */
export const holdsResources = (life: Life): boolean =>
  (life.phase === 'starting' && life.awaitsRunner !== true) ||
  life.phase === 'running' ||
  life.phase === 'stopping' ||
  life.phase === 'deleting';

/** Whether its owner can see it. */
export const isVisible = (life: Life): boolean =>
  life.phase !== 'deleting' && life.phase !== 'gone';

/** A session for the log: only the beginning of its id, because the id opens the session's page. */
export const redacted = ({ key, name }: SessionRecord): string => `${name} (${key.slice(0, 4)}…)`;

/** Whether it has ended. */
export const isFinished = (life: Life): boolean =>
  life.phase === 'completed' || life.phase === 'failed';
