import type { EndCause, RunEnd, RunNote } from '@skaha/engine/ports/runner.js';
import type {
  ClusterEvent,
  Condition,
  ContainerState,
  Job,
  Pod,
  Workload,
} from './client/types.js';
import { instanceLabel, keyLabel } from './names.js';

/** What is kept of a Job: of thousands, all that Kubernetes says would be too much. */
export interface JobFacts {
  readonly name: string;
  readonly uid: string;
  readonly key: string;
  readonly instance: string;
  readonly isSuspended: boolean;
  /** When its lifetime began; milliseconds since the epoch, as all times here. */
  readonly startedAt: number | undefined;
  readonly lifetimeSeconds: number | undefined;
  readonly end: JobEnd | undefined;
  readonly isDeleted: boolean;
}

/** How a Job ended, in the words of Kubernetes. */
export interface JobEnd {
  readonly isComplete: boolean;
  readonly reason: string;
  readonly message: string;
  readonly at: number | undefined;
}

/** What is kept of a pod. */
export interface PodFacts {
  readonly name: string;
  readonly uid: string;
  readonly key: string;
  readonly createdAt: number;
  readonly address: string | undefined;
  readonly isScheduled: boolean;
  /** True while its command runs. */
  readonly isRunning: boolean;
  /** How often its command was started again. */
  readonly restarts: number;
  /** True while its command is not running, and will be started again. */
  readonly isRestarting: boolean;
  /** How its command ended the time before. */
  readonly crash: PodExit | undefined;
  /** When its command began, or its pod where that was not the first time. */
  readonly startedAt: number | undefined;
  readonly isDeleted: boolean;
  readonly isOver: boolean;
  readonly reason: string | undefined;
  readonly message: string | undefined;
  /** Why Kubernetes took it away, where it did. */
  readonly disruption: Pick<Condition, 'reason' | 'message'> | undefined;
  readonly exit: PodExit | undefined;
}

export interface PodExit {
  readonly status: number;
  readonly reason: string | undefined;
  readonly message: string | undefined;
  readonly at: number | undefined;
}

/** A time of Kubernetes; undefined for none. */
export function timeOf(text: string | null | undefined): number | undefined {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? undefined : time;
}

const isTrue = (conditions: readonly Condition[] | undefined, ...types: readonly string[]) =>
  conditions?.find(({ type, status }) => types.includes(type) && status === 'True');

export function jobFacts(job: Job): JobFacts {
  const { metadata, spec, status } = job;
  const end = isTrue(status?.conditions, 'Complete', 'Failed');
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    key: metadata.labels?.[keyLabel] ?? '',
    instance: metadata.labels?.[instanceLabel] ?? '',
    isSuspended: spec?.suspend === true,
    startedAt: timeOf(status?.startTime),
    lifetimeSeconds: spec?.activeDeadlineSeconds,
    end: end && {
      isComplete: end.type === 'Complete',
      reason: end.reason ?? '',
      message: end.message ?? '',
      at: timeOf(status?.completionTime) ?? timeOf(end.lastTransitionTime),
    },
    isDeleted: metadata.deletionTimestamp !== undefined,
  };
}

export function podFacts(pod: Pod): PodFacts {
  const { metadata, status } = pod;
  const [container] = status?.containerStatuses ?? [];
  const state = container?.state;
  const before = known(container?.lastState?.terminated);
  const isOn = state?.terminated !== undefined || state?.running !== undefined;
  const over = known(state?.terminated) ?? (isOn ? undefined : before);
  const restarts = container?.restartCount ?? 0;
  const beganAt = restarts > 0 ? status?.startTime : undefined;
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    key: metadata.labels?.[keyLabel] ?? '',
    createdAt: timeOf(metadata.creationTimestamp) ?? 0,
    address: status?.podIP,
    isScheduled: isTrue(status?.conditions, 'PodScheduled') !== undefined,
    isRunning: state?.running !== undefined,
    restarts,
    isRestarting: state?.waiting !== undefined && before !== undefined,
    crash: before && exitOf(before),
    startedAt: timeOf(beganAt ?? state?.running?.startedAt ?? over?.startedAt),
    isDeleted: metadata.deletionTimestamp !== undefined,
    isOver: status?.phase === 'Succeeded' || status?.phase === 'Failed',
    reason: status?.reason,
    message: status?.message,
    disruption: isTrue(status?.conditions, 'DisruptionTarget'),
    exit: over && exitOf(over),
  };
}

type Terminated = NonNullable<ContainerState['terminated']>;

/** The kubelet gives a number even to what was never started. */
const known = (ended: Terminated | undefined): Terminated | undefined =>
  ended?.reason === 'ContainerStatusUnknown' ? undefined : ended;

const exitOf = ({ exitCode, reason, message, finishedAt }: Terminated): PodExit => ({
  status: exitCode,
  reason,
  message,
  at: timeOf(finishedAt),
});

/** Whether Kubernetes gave a pod up because its node is not heard of, and has not seen it end. */
export const isCutOff = ({ isDeleted, isOver, disruption }: PodFacts): boolean =>
  isDeleted && !isOver && disruption?.reason === 'DeletionByTaintManager';

/** The state of a run, as far as its Job and its pod show it. */
export type Standing =
  | { readonly state: 'queued' }
  | { readonly state: 'starting' }
  | { readonly state: 'running'; readonly at: number | undefined }
  | { readonly state: 'ended' }
  | { readonly state: 'gone' };

/**
 * The state of a run.
 *
 * @param job - undefined when there is none
 * @param pod - the newest one of the Job; undefined when there is none
 */
export function standingOf(job: JobFacts | undefined, pod: PodFacts | undefined): Standing {
  if (job === undefined) return { state: 'gone' };
  if (job.end !== undefined) return { state: 'ended' };
  // A pod of before it lost its place is no place.
  if (job.isSuspended || pod === undefined || !pod.isScheduled) return { state: 'queued' };
  if (pod.isDeleted && !pod.isRunning && !pod.isOver) return { state: 'queued' };
  if (pod.isRestarting) return { state: 'starting' };
  // What has ended runs until its Job says how it did.
  if (pod.isRunning || pod.isOver || pod.exit !== undefined)
    return { state: 'running', at: pod.startedAt ?? job.startedAt };
  return { state: 'starting' };
}

/** Reasons of `DisruptionTarget`, and of pods, that say what took a session away. */
const causes: Readonly<Record<string, EndCause['reason']>> = {
  EvictionByEvictionAPI: 'Evicted',
  TerminationByKubelet: 'Evicted',
  Evicted: 'Evicted',
  DeletionByTaintManager: 'NodeLost',
  DeletionByPodGC: 'NodeLost',
  NodeLost: 'NodeLost',
  NodeShutdown: 'NodeLost',
  Terminated: 'NodeLost',
  PreemptionByScheduler: 'Preempted',
  Preempting: 'Preempted',
  DeadlineExceeded: 'DeadlineExceeded',
};

/**
 * How a run ended.
 *
 * @param job - its end according to the Job; undefined when the Job was removed
 * @param pod - the last pod; undefined when none was seen
 * @param isOurs - whether this platform ended it
 */
export function endOf(
  job: Pick<JobFacts, 'end' | 'startedAt'> | undefined,
  pod: PodFacts | undefined,
  isOurs: boolean,
): RunEnd {
  // What was started again too often is ended: why it failed shows in how it ended before.
  const exit = job?.end?.reason === 'BackoffLimitExceeded' ? (pod?.crash ?? pod?.exit) : pod?.exit;
  const status = exit?.status ?? (job?.end?.isComplete === true ? 0 : undefined);
  const at = pod?.exit?.at ?? job?.end?.at;
  return { status, at, cause: isOurs ? undefined : causeOf(job, pod, exit) };
}

function causeOf(
  job: Pick<JobFacts, 'end'> | undefined,
  pod: PodFacts | undefined,
  exit: PodExit | undefined,
): EndCause | undefined {
  if (exit?.reason === 'OOMKilled') return { reason: 'OOMKilled' };
  const { end } = job ?? {};
  if (end?.reason === 'DeadlineExceeded') return { reason: 'DeadlineExceeded' };
  const known = causes[pod?.disruption?.reason ?? ''] ?? causes[pod?.reason ?? ''];
  if (known !== undefined) {
    return { reason: known, message: pod?.disruption?.message ?? pod?.message };
  }
  if (job === undefined) return { reason: 'Deleted' };
  if (exit !== undefined || job.end?.isComplete === true) return undefined;
  // Its container never ran, and no more is known than this.
  const message = pod?.message ?? end?.message;
  return message === undefined || message === '' ? undefined : { reason: 'Error', message };
}

/** Why the command of a pod could not be started at all; undefined when it was. */
export function startFailure({ exit }: PodFacts): string | undefined {
  if (exit?.reason !== 'StartError' && exit?.reason !== 'ContainerCannotRun') return undefined;
  // What the layers of a runtime say, the cause last.
  const words = exit.message ?? exit.reason;
  return /exec: .*$/m.exec(words)?.[0] ?? words.split('\n')[0];
}

/** Events that the platform reports in its own words, or that mean nothing to the owner. */
const passedOver: readonly string[] = [
  'Started',
  'SuccessfulCreate',
  'SuccessfulDelete',
  'Completed',
];

/** Of an event of the cluster what its session's events say of it; undefined for nothing. */
export function noteOf(event: ClusterEvent): RunNote | undefined {
  const { type, reason = '', message = '', involvedObject } = event;
  if (passedOver.includes(reason) && type !== 'Warning') return undefined;
  // The end of a Job is reported with its cause.
  if (
    involvedObject.kind === 'Job' &&
    ['BackoffLimitExceeded', 'DeadlineExceeded'].includes(reason)
  ) {
    return undefined;
  }
  return {
    level: type === 'Warning' ? 'Warning' : 'Normal',
    reason,
    message: message.trim(),
    at: timeOf(
      event.series?.lastObservedTime ??
        event.lastTimestamp ??
        event.eventTime ??
        event.firstTimestamp,
    ),
  };
}

/** Words of what will be refused however often it is tried. */
const forGood =
  /denied (?:the )?request|violates PodSecurity|(?:minimum|maximum) \S+ usage per (?:Container|Pod)/;

/** Why the pod of a Job is never made, where an event of the Job says so; undefined where it may be later. */
export function refusalOf({ reason, message }: RunNote): string | undefined {
  if (reason !== 'FailedCreate' || !forGood.test(message)) return undefined;
  return message.replace(/^Error creating: /, '');
}

/** What a workload says about one thing; undefined when it says nothing. */
export const conditionOf = ({ status }: Workload, wanted: string): Condition | undefined =>
  status?.conditions?.find(({ type }) => type === wanted);

/** Why a Job waits in a queue of Kueue, or lost its place; undefined when there is nothing to report. */
export function queueNote(workload: Workload): RunNote | undefined {
  const conditions = workload.status?.conditions;
  const evicted = isTrue(conditions, 'Evicted');
  const preempted = isTrue(conditions, 'Preempted');
  const found = preempted ?? evicted;
  if (found !== undefined) {
    return { level: 'Warning', reason: found.type, message: found.message ?? '' };
  }
  const reserved = conditionOf(workload, 'QuotaReserved');
  if (reserved?.status === 'False') {
    return {
      level: 'Normal',
      reason: reserved.reason ?? 'Pending',
      message: reserved.message ?? '',
    };
  }
  return undefined;
}
