import { useState } from 'preact/hooks';
import { ask, me, type Problem } from '../api.js';
import { isNarrow } from '../clock.js';
import { moment, shortImage } from '../format.js';
import { lookNow, sessions } from '../live.js';
import { showProblem } from '../notices.js';
import { Button, Dialog, Empty, ProblemBox, Status } from '../parts/basics.js';
import { Windowed } from '../parts/windowed.js';
import { type Polled, usePolled } from '../poll.js';
import { go, route, to } from '../router.js';
import { t, wordFor } from '../text.js';

interface Batch {
  readonly job: string;
  readonly name?: string;
  readonly image?: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly total: number;
  readonly startedAt?: number;
  readonly cancelled: boolean;
  readonly working: boolean;
  readonly elsewhere: boolean;
  readonly error?: Problem;
}

interface Item {
  readonly index: number;
  readonly name: string;
  readonly row: Readonly<Record<string, string>>;
  readonly phase: string;
  readonly attempts: number;
  readonly id?: string;
  readonly error?: Problem;
}

const lookMs = 2_000;

const order = [
  'completed',
  'launched',
  'gone',
  'unanswered',
  'pending',
  'unknown',
  'rejected',
  'failed',
  'removed',
];

const missing = ['pending', 'rejected', 'unanswered', 'unknown'];
const countOf = ({ counts }: Batch, phases: readonly string[]): number =>
  phases.reduce((sum, phase) => sum + (counts[phase] ?? 0), 0);

function stateWords(batch: Batch): string {
  if (batch.working) return t.batches.working;
  if (batch.elsewhere) return t.batches.elsewhere;
  if (batch.cancelled) return t.batches.cancelled;
  return countOf(batch, missing) === 0 ? t.batches.complete : t.batches.open;
}

/** How far a batch is, as a bar and in words. */
const Progress = ({ batch }: { batch: Batch }) => {
  const phases = order.filter((phase) => (batch.counts[phase] ?? 0) > 0);
  return (
    <div class="progress">
      <div class="bar" aria-hidden="true">
        {phases.map((phase) => (
          <span
            key={phase}
            class={`phase-${phase}`}
            style={{ width: `${(100 * (batch.counts[phase] ?? 0)) / Math.max(1, batch.total)}%` }}
          />
        ))}
      </div>
      <ul class="legend" aria-label={t.batches.progress}>
        {phases.map((phase) => (
          <li key={phase}>
            <span class={`swatch phase-${phase}`} aria-hidden="true" />
            <strong>{t.number(batch.counts[phase] ?? 0)}</strong>{' '}
            {wordFor(t.batches.phases, phase) ?? phase}
          </li>
        ))}
      </ul>
    </div>
  );
};

const BatchCard = ({ batch }: { batch: Batch }) => (
  <li class="card pad batch">
    <div class="batch-head">
      <h2>
        <a href={to('batches', batch.job)}>{batch.job}</a>
      </h2>
      <span class={`tag ${batch.working ? 'busy' : ''}`}>{stateWords(batch)}</span>
      <span class="faint">
        {t.batches.total(batch.total)} · {shortImage(batch.image ?? '')}
        {batch.startedAt === undefined ? '' : ` · ${moment(new Date(batch.startedAt))}`}
      </span>
    </div>
    {batch.error === undefined ? null : <ProblemBox problem={batch.error} />}
    <Progress batch={batch} />
  </li>
);

const All = () => {
  const { value, problem, look } = usePolled(
    () => ask<{ batches: Batch[] }>('batches'),
    2 * lookMs,
  );
  if (value === undefined && problem !== undefined)
    return <ProblemBox problem={problem} onRetry={look} />;
  if (value === undefined) return <p class="loading">{t.common.loading}</p>;
  if (value.batches.length === 0) {
    return (
      <Empty title={t.batches.empty} words={t.batches.emptyWords}>
        <a class="button main" href={to('launch')}>
          <span>{t.views.launch}</span>
        </a>
      </Empty>
    );
  }
  return (
    <ul class="batch-list">
      {value.batches.map((batch) => (
        <BatchCard key={batch.job} batch={batch} />
      ))}
    </ul>
  );
};

type Verb = 'cancel' | 'remove' | 'resume' | 'stop';

interface Asking {
  readonly verb: Verb;
  readonly body: object;
  readonly words: string;
}

interface ToolsProps {
  readonly batch: Batch;
  readonly onAct: (verb: Verb, body: object) => void;
  readonly onAsk: (asking: Asking) => void;
}

const Tools = ({ batch, onAct, onAsk }: ToolsProps) => {
  if (batch.elsewhere) return <p class="hint">{t.batches.elsewhere}</p>;
  const { failed = 0, unknown = 0, launched = 0 } = batch.counts;
  const isOpen = countOf(batch, ['pending', 'rejected', 'unanswered']) > 0;
  if (batch.working) {
    return (
      <Button icon="pause" onClick={() => onAct('stop', {})}>
        {t.batches.stop}
      </Button>
    );
  }
  const again = { failed: false, unknown: true };
  return (
    <>
      {isOpen && !batch.cancelled ? (
        <Button icon="play" tone="main" onClick={() => onAct('resume', {})}>
          {t.batches.resume}
        </Button>
      ) : null}
      {failed > 0 && !batch.cancelled ? (
        <Button
          icon="renew"
          tone={isOpen ? 'plain' : 'main'}
          onClick={() => onAct('resume', { failed: true })}
        >
          {t.batches.retry(failed)}
        </Button>
      ) : null}
      {unknown > 0 && !batch.cancelled ? (
        <Button
          onClick={() => onAsk({ verb: 'resume', body: again, words: t.batches.unknownSure })}
        >
          {t.batches.unknown(unknown)}
        </Button>
      ) : null}
      {!batch.cancelled && (launched > 0 || isOpen) ? (
        <Button
          icon="close"
          tone="danger"
          onClick={() =>
            onAsk({ verb: 'cancel', body: {}, words: t.batches.cancelSure(batch.job) })
          }
        >
          {t.batches.cancel}
        </Button>
      ) : null}
      {batch.cancelled || (!isOpen && launched === 0) ? (
        <Button icon="trash" onClick={() => onAct('remove', {})}>
          {t.batches.remove}
        </Button>
      ) : null}
    </>
  );
};

const needsCare = new Set(['failed', 'rejected', 'unknown', 'unanswered', 'pending']);

const ItemRow = ({ item }: { item: Item }) => {
  const session = item.id === undefined ? undefined : sessions.value.get(item.id);
  const variables = Object.entries(item.row).map(([name, value]) => `${name}=${value}`);
  return (
    <div class="row item" role="row">
      <span role="cell" class="cell-name">
        {session === undefined ? (
          item.name
        ) : (
          <a href={to('sessions', session.id, 'logs')}>{item.name}</a>
        )}
        <br />
        <small class="faint">{variables.join(' ')}</small>
      </span>
      <span role="cell" class="cell-state">
        {item.phase === 'launched' && session !== undefined ? (
          <Status status={session.status} />
        ) : (
          <span class="phase">
            <span class={`swatch phase-${item.phase}`} aria-hidden="true" />
            {wordFor(t.batches.phases, item.phase) ?? item.phase}
          </span>
        )}
      </span>
      <span role="cell" class="cell-why">
        {item.error?.message ?? ''} {item.attempts > 1 ? t.batches.attempts(item.attempts) : ''}
      </span>
    </div>
  );
};

const Items = ({ items }: { items: readonly Item[] }) => {
  const [isNarrowed, setNarrowed] = useState(false);
  const shown = isNarrowed ? items.filter(({ phase }) => needsCare.has(phase)) : items;
  return (
    <>
      <label class="check">
        <input
          type="checkbox"
          checked={isNarrowed}
          onChange={(event) => setNarrowed(event.currentTarget.checked)}
        />
        {t.batches.problemsOnly}
      </label>
      <div
        class="table card"
        role="table"
        aria-label={t.batches.items}
        aria-rowcount={shown.length + 1}
      >
        <div role="rowgroup">
          <div class="row item heads" role="row">
            <span role="columnheader">{t.sessions.columns.name}</span>
            <span role="columnheader">{t.sessions.columns.state}</span>
            <span role="columnheader">{t.batches.why}</span>
          </div>
        </div>
        <Windowed
          count={shown.length}
          rowHeight={isNarrow.value ? 88 : 52}
          class="rows"
          keyOf={(index) => String(shown[index]?.index)}
          attributes={{ role: 'rowgroup', tabIndex: 0, 'aria-label': t.batches.items }}
          render={(index) => {
            const item = shown[index];
            return item === undefined ? null : <ItemRow item={item} />;
          }}
        />
      </div>
    </>
  );
};

/** How many different reasons are shown; the reason of each item stands next to it. */
const mostReasons = 8;

/** Why items were not launched or failed: each reason once, with what can be done about it. */
const Reasons = ({ items }: { items: readonly Item[] }) => {
  const found = new Map<string, { error: Problem; count: number }>();
  for (const { error, phase } of items) {
    if (error === undefined || !needsCare.has(phase)) continue;
    const known = found.get(error.message);
    found.set(error.message, { error, count: (known?.count ?? 0) + 1 });
  }
  if (found.size === 0) return null;
  const sorted = [...found.values()].sort((a, b) => b.count - a.count).slice(0, mostReasons);
  return (
    <div class="card pad reasons">
      <h2>{t.batches.reasons}</h2>
      <ul>
        {sorted.map(({ error: { message, hint }, count }) => (
          <li key={message}>
            <strong>{t.batches.total(count)}</strong>
            <p>{message}</p>
            {hint === undefined ? null : <p class="hint">{hint}</p>}
          </li>
        ))}
      </ul>
    </div>
  );
};

type Shown = Batch & { items?: readonly Item[] };

const Body = ({ batch, look }: { batch: Shown; look: Polled<Shown>['look'] }) => {
  const [asking, setAsking] = useState<Asking | undefined>(undefined);
  const act = async (verb: Verb, body: object) => {
    setAsking(undefined);
    try {
      await ask(`batches/${encodeURIComponent(batch.job)}/${verb}`, body);
      if (verb === 'remove') go('batches');
    } catch (error) {
      showProblem(error);
    }
    look();
    lookNow();
  };
  return (
    <>
      <div class="buttons">
        <Tools batch={batch} onAct={(verb, body) => void act(verb, body)} onAsk={setAsking} />
      </div>
      {batch.error === undefined ? null : <ProblemBox problem={batch.error} />}
      <div class="card pad">
        <Progress batch={batch} />
      </div>
      <Reasons items={batch.items ?? []} />
      <Items items={batch.items ?? []} />
      {asking === undefined ? null : (
        <Dialog title={asking.words} onClose={() => setAsking(undefined)}>
          <div class="buttons">
            <Button tone="danger" onClick={() => void act(asking.verb, asking.body)}>
              {asking.verb === 'cancel' ? t.batches.cancel : t.batches.resume}
            </Button>
            <Button onClick={() => setAsking(undefined)}>{t.common.close}</Button>
          </div>
        </Dialog>
      )}
    </>
  );
};

const One = ({ job }: { job: string }) => {
  const { value, problem, look } = usePolled(
    () => ask<Shown>(`batches/${encodeURIComponent(job)}`),
    lookMs,
    [job],
  );
  return (
    <>
      <div class="view-head">
        <h1>{job}</h1>
        {value === undefined ? null : (
          <span class={`tag ${value.working ? 'busy' : ''}`}>{stateWords(value)}</span>
        )}
        <a href={to('batches')}>{t.batches.back}</a>
      </div>
      {problem === undefined ? null : <ProblemBox problem={problem} onRetry={look} />}
      {value === undefined && problem === undefined ? (
        <p class="loading">{t.common.loading}</p>
      ) : null}
      {value === undefined ? null : <Body batch={value} look={look} />}
    </>
  );
};

/** Batches with their journals on this machine. */
export const BatchesView = () => {
  const [, job] = route.value;
  if (me.value?.batches !== true) {
    return (
      <section class="batches" aria-label={t.batches.title}>
        <div class="view-head">
          <h1>{t.batches.title}</h1>
        </div>
        <p class="hint">{t.batches.onlyCommand}</p>
      </section>
    );
  }
  return (
    <section class="batches" aria-label={t.batches.title}>
      {job === undefined ? (
        <>
          <div class="view-head">
            <h1>{t.batches.title}</h1>
          </div>
          <p class="hint">{t.batches.words}</p>
          <All />
        </>
      ) : (
        <One key={job} job={job} />
      )}
    </section>
  );
};
