import { countsOf } from '@skaha/dashboard/session-list.js';
import { isFinished, type PlatformStats, type PublicSession, type ResourceRange } from 'skaha';
import { client, me } from '../api.js';
import { amount, listed, moment } from '../format.js';
import { sessions } from '../live.js';
import { Meter, ProblemBox, Status } from '../parts/basics.js';
import { usePolled } from '../poll.js';
import { t } from '../text.js';

const lookMs = 10_000;

const Availability = () => {
  const { value, problem, look } = usePolled(
    (signal) => client.overview.availability({ signal }),
    lookMs,
  );
  if (problem !== undefined) return <ProblemBox problem={problem} onRetry={look} />;
  if (value === undefined) return <p class="loading">{t.common.loading}</p>;
  return (
    <>
      <p class={value.available ? 'big good' : 'big bad'}>
        {value.available ? t.platform.available : t.platform.unavailable}
      </p>
      <p class="hint">
        {value.note} {value.upSince === undefined ? '' : t.platform.since(moment(value.upSince))}
      </p>
    </>
  );
};

interface LoadProps {
  readonly name: string;
  readonly load: PlatformStats['cores'];
  /** How much of all is used. */
  readonly words: (used: string, all: string) => string;
}

const Load = ({ name, load, words }: LoadProps) => {
  const { requested, capacity, free } = load;
  if (requested === undefined || capacity === undefined) {
    return (
      <div class="load">
        <h3>{name}</h3>
        <p class="hint">{t.platform.noLoad}</p>
      </div>
    );
  }
  const share = capacity === 0 ? 0 : requested / capacity;
  const used = words(amount(requested), amount(capacity));
  return (
    <div class="load">
      <h3>
        {name} <strong>{t.percent(share)}</strong>
      </h3>
      <Meter value={share} label={name} tone={share > 0.9 ? 'full' : ''} />
      <p class="hint">{free === undefined ? used : t.platform.free(used, amount(free))}</p>
    </div>
  );
};

const Loads = () => {
  const { value, problem, look } = usePolled((signal) => client.sessions.stats({ signal }), lookMs);
  if (value === undefined && problem !== undefined)
    return <ProblemBox problem={problem} onRetry={look} />;
  if (value === undefined) return <p class="loading">{t.common.loading}</p>;
  return (
    <>
      <Load name={t.platform.cores} load={value.cores} words={t.platform.coresLoad} />
      <Load name={t.platform.memory} load={value.memoryGiB} words={t.platform.memoryLoad} />
    </>
  );
};

const activeIn = (list: readonly { status: string }[]): [string, number][] =>
  countsOf(list.filter(({ status }) => !isFinished(status)));

const Queue = () => {
  const { value, problem, look } = usePolled<PublicSession[]>(
    (signal) => client.sessions.fetchPublic({ signal }),
    lookMs,
  );
  const own = activeIn([...sessions.value.values()]);
  if (value === undefined && problem !== undefined)
    return <ProblemBox problem={problem} onRetry={look} />;
  if (value === undefined) return <p class="loading">{t.common.loading}</p>;
  const sums = [
    [t.platform.everybody, activeIn(value)],
    [t.platform.yours, own],
  ] as const;
  return (
    <>
      {sums.map(([title, list]) => (
        <div class="queue" key={title}>
          <h3>{title}</h3>
          {list.length === 0 ? <p class="hint">{t.common.none}</p> : null}
          <ul class="plain-list">
            {list.map(([status, count]) => (
              <li key={status}>
                <Status status={status} /> <strong>{t.number(count)}</strong>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </>
  );
};

/** Values in short: a run of them as a range. */
function ranged(options: readonly number[]): string {
  const first = options[0] ?? 0;
  const last = options.at(-1) ?? 0;
  if (options.length === 0) return t.common.none;
  const isRun = options.length > 3 && last - first === options.length - 1;
  return isRun ? `${amount(first)}–${amount(last)}` : listed(options.map(amount));
}

const LimitRow = ({ name, range }: { name: string; range: ResourceRange }) => (
  <tr>
    <th scope="row">{name}</th>
    <td>{amount(range.default)}</td>
    <td>{amount(range.defaultLimit)}</td>
    <td>{ranged(range.options)}</td>
  </tr>
);

const Limits = () => {
  const { value, problem, look } = usePolled(
    (signal) => client.context.resources({ signal }),
    60_000,
  );
  if (value === undefined && problem !== undefined)
    return <ProblemBox problem={problem} onRetry={look} />;
  if (value === undefined) return <p class="loading">{t.common.loading}</p>;
  const { cores, memoryGiB, gpus, maxInteractiveSessions } = value;
  return (
    <>
      <div class="scroll-x" tabIndex={0} role="group" aria-label={t.platform.limits}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t.platform.resource}</th>
              <th scope="col">{t.platform.limitDefault}</th>
              <th scope="col">{t.platform.limitFlexible}</th>
              <th scope="col">{t.platform.limitOptions}</th>
            </tr>
          </thead>
          <tbody>
            <LimitRow name={t.launch.cores} range={cores} />
            <LimitRow name={t.launch.memory} range={memoryGiB} />
            <tr>
              <th scope="row">{t.launch.gpus}</th>
              <td>{amount(0)}</td>
              <td>–</td>
              <td>{ranged(gpus.options)}</td>
            </tr>
          </tbody>
        </table>
      </div>
      {maxInteractiveSessions === undefined ? null : (
        <p class="hint">{t.platform.interactive(maxInteractiveSessions)}</p>
      )}
    </>
  );
};

const Registries = () => {
  const { value, problem, look } = usePolled((signal) => client.repository({ signal }), 300_000);
  if (value === undefined && problem !== undefined)
    return <ProblemBox problem={problem} onRetry={look} />;
  if (value === undefined) return <p class="loading">{t.common.loading}</p>;
  if (value.length === 0) return <p class="hint">{t.platform.noRegistries}</p>;
  return (
    <ul class="plain-list">
      {value.map((host) => (
        <li key={host}>
          <code>{host}</code>
        </li>
      ))}
    </ul>
  );
};

/** How the platform does, and what it offers. */
export const PlatformView = () => (
  <section class="platform" aria-labelledby="platform-title">
    <div class="view-head">
      <h1 id="platform-title">{t.platform.title}</h1>
    </div>
    <div class="cards">
      <section class="card pad" aria-labelledby="use-title">
        <h2 id="use-title">{t.platform.use}</h2>
        <Loads />
      </section>
      <section class="card pad" aria-labelledby="queue-title">
        <h2 id="queue-title">{t.platform.queue}</h2>
        <Queue />
      </section>
      <section class="card pad" aria-labelledby="availability-title">
        <h2 id="availability-title">{t.platform.availability}</h2>
        <Availability />
        <h3>{t.platform.server}</h3>
        <p>
          <code>{me.value?.server}</code>
        </p>
      </section>
      <section class="card pad wide" aria-labelledby="limits-title">
        <h2 id="limits-title">{t.platform.limits}</h2>
        <Limits />
      </section>
      <section class="card pad" aria-labelledby="registries-title">
        <h2 id="registries-title">{t.platform.registries}</h2>
        <Registries />
      </section>
    </div>
  </section>
);
