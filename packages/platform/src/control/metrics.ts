import type { RequestCount } from '@skaha/engine/http/request-meter.js';
import type { StoreDescription } from '../types.js';
import type { Census } from './census.js';

/** What the metrics report. */
export interface MetricsSource {
  readonly census: Census;
  readonly requests: readonly RequestCount[];
  readonly runner: string;
  readonly startedAt: Date;
  readonly store: StoreDescription | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

type Labels = Readonly<Record<string, string | number>>;
type Sample = readonly [labels: Labels, value: number, suffix?: string];

function family(
  name: string,
  type: 'gauge' | 'counter' | 'histogram',
  help: string,
  samples: readonly Sample[],
): string {
  const lines = samples.map(([labels, value, suffix = '']) => {
    const words = Object.entries(labels).map(([key, text]) => `${key}="${escaped(String(text))}"`);
    return `${name}${suffix}${words.length === 0 ? '' : `{${words.join(',')}}`} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

const escaped = (text: string): string =>
  text.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));

const gauge = (name: string, help: string, value: number) =>
  family(name, 'gauge', help, [[{}, value]]);

/** The text format of Prometheus, version 0.0.4. It names no users or sessions. */
export function metricsText(source: MetricsSource): string {
  const { census, requests, runner, startedAt, store, now } = source;
  const { kinds, queued, queuedSince, capacity, requested, used } = census;
  const { rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const waited = queuedSince === undefined ? 0 : Math.max(0, now - queuedSince) / 1000;
  return [
    family('skaha_platform_info', 'gauge', 'The platform.', [[{ runner }, 1]]),
    family(
      'skaha_sessions',
      'gauge',
      'Sessions that their owners can see.',
      kinds.map(({ kind, status, count }) => [{ kind, status }, count]),
    ),
    gauge('skaha_queue_length', 'Sessions that wait for resources.', queued),
    gauge('skaha_queue_oldest_seconds', 'Time for which the first of them has waited.', waited),
    gauge('skaha_capacity_cores', 'Cores for all sessions together.', capacity.cores),
    gauge('skaha_capacity_memory_bytes', 'Memory for all sessions together.', capacity.memory),
    gauge('skaha_requested_cores', 'Cores that running sessions asked for.', requested.cores),
    gauge(
      'skaha_requested_memory_bytes',
      'Memory that running sessions asked for.',
      requested.memory,
    ),
    gauge('skaha_used_cores', 'Cores that running sessions use.', used.cores),
    gauge('skaha_used_memory_bytes', 'Memory that running sessions use.', used.memory),
    ...storeSamples(store),
    family(
      'skaha_requests_total',
      'counter',
      'Requests answered; status 0 is no answer.',
      requests.map(({ count, ...cell }) => [labelsOf(cell), count]),
    ),
    family(
      'skaha_request_duration_seconds',
      'histogram',
      'Duration of requests.',
      requests.flatMap(durationSamples),
    ),
    gauge('process_resident_memory_bytes', 'Memory of the platform itself.', rss),
    family('process_cpu_seconds_total', 'counter', 'Processor time of the platform itself.', [
      [{}, (user + system) / 1e6],
    ]),
    gauge('process_start_time_seconds', 'Start time of the platform.', startedAt.getTime() / 1000),
  ].join('');
}

const storeSamples = (store: StoreDescription | undefined): string[] =>
  store === undefined
    ? []
    : [
        gauge(
          'skaha_store_up',
          'Whether the database can be written to.',
          store.trouble === undefined ? 1 : 0,
        ),
        gauge('skaha_store_pending', 'Changes that have not been sent to it yet.', store.pending),
      ];

const labelsOf = ({ method, route, status }: Omit<RequestCount, 'count'>): Labels => ({
  method,
  route,
  status,
});

function durationSamples(request: RequestCount): Sample[] {
  const labels = labelsOf(request);
  return [
    ...request.within.map(([bound, count]): Sample => [{ ...labels, le: bound }, count, '_bucket']),
    [{ ...labels, le: '+Inf' }, request.count, '_bucket'],
    [labels, request.seconds, '_sum'],
    [labels, request.count, '_count'],
  ];
}
