import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { isFinished, reasonOf, type SessionEvent } from 'skaha';
import { client, type Problem, problemOf } from '../api.js';
import { isSingleColumn } from '../clock.js';
import { amount, moment } from '../format.js';
import { link, type Session, sessions } from '../live.js';
import { Button, CopyButton, onEscape, ProblemBox, Status } from '../parts/basics.js';
import { go, route, to } from '../router.js';
import { t } from '../text.js';
import { canOpen, canRenew, deleteSoon, open, renew } from './actions.js';
import { LogPane } from './logs.js';
import { Started, TimeLeft } from './rows.js';

const tabs = ['details', 'logs', 'events'] as const;
type Tab = (typeof tabs)[number];

const lookMs = 4_000;

/** The events of a session, looked at again while they are shown. */
function useEvents(id: string): {
  events: SessionEvent[] | undefined;
  problem?: Problem | undefined;
} {
  const [found, setFound] = useState<{ events: SessionEvent[] | undefined; problem?: Problem }>({
    events: undefined,
  });
  useEffect(() => {
    const leave = new AbortController();
    const { signal } = leave;
    const look = async () => {
      if (document.visibilityState !== 'visible') return;
      try {
        const [one] = await client.sessions.events([id], { signal });
        if (!signal.aborted) setFound({ events: one?.events ?? [] });
      } catch (error) {
        // What has been read already stays visible.
        if (!signal.aborted) setFound(({ events }) => ({ events, problem: problemOf(error) }));
      }
    };
    void look();
    const timer = setInterval(() => void look(), lookMs);
    return () => {
      clearInterval(timer);
      leave.abort();
    };
  }, [id]);
  return found;
}

/** When an event was first seen, and last. */
function timesOf(first: Date | undefined, last: Date | undefined): string {
  const [one, other] = [first ?? last, last];
  if (one === undefined) return '';
  const isSame = other === undefined || other.getTime() === one.getTime();
  return isSame ? moment(one) : t.detail.lastSeen(moment(one), moment(other));
}

const EventsPane = ({ id }: { id: string }) => {
  const { events, problem } = useEvents(id);
  if (events === undefined && problem !== undefined) return <ProblemBox problem={problem} />;
  if (events === undefined) return <p class="loading">{t.common.loading}</p>;
  if (events.length === 0) return <p class="loading">{t.detail.noEvents}</p>;
  return (
    <ol class="events">
      {events.map(({ type, reason, message, firstTime, lastTime }, index) => (
        <li key={`${reason} ${index}`} class={type === 'Warning' ? 'warning' : ''}>
          <strong>{reason}</strong>
          <p>{message}</p>
          <small class="faint">
            {type === 'Warning' ? `${t.detail.warning} · ` : ''}
            {timesOf(firstTime, lastTime)}
          </small>
        </li>
      ))}
    </ol>
  );
};

/** Why a session waits, or failed, according to its events. */
const Reason = ({ id }: { id: string }) => {
  const { events } = useEvents(id);
  const reason = events === undefined ? undefined : reasonOf(events);
  if (reason === undefined) return null;
  return (
    <Fact name={t.detail.why}>
      <strong>{reason.reason}</strong> {reason.message}
    </Fact>
  );
};

const Fact = ({ name, children }: { name: string; children: ComponentChildren }) => (
  <div class="fact">
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

const sizeOf = ({
  cores,
  memoryGiB,
}: {
  cores?: number | undefined;
  memoryGiB?: number | undefined;
}) =>
  cores === undefined && memoryGiB === undefined
    ? undefined
    : t.sessions.size(
        cores === undefined ? '–' : amount(cores),
        memoryGiB === undefined ? '–' : amount(memoryGiB),
      );

const Facts = ({ session }: { session: Session }) => {
  const { id, image, userId, requested, used, expiryTime, connectUrl, fixedResources } = session;
  const asked = fixedResources === false ? undefined : sizeOf(requested);
  const gpus = requested.gpus ?? 0;
  const isOver = isFinished(session.status);
  return (
    <dl class="facts">
      {session.status === 'Pending' || session.status === 'Failed' ? <Reason id={id} /> : null}
      <Fact name={t.detail.id}>
        <code>{id}</code> <CopyButton text={id} label={t.detail.id} />
      </Fact>
      <Fact name={t.detail.image}>
        <code>{image}</code> <CopyButton text={image ?? ''} label={t.detail.image} />
      </Fact>
      <Fact name={t.detail.owner}>{userId}</Fact>
      <Fact name={t.detail.requested}>
        {asked ?? t.sessions.flexible}
        {gpus > 0 ? `, ${t.detail.gpus(gpus)}` : ''}
      </Fact>
      {isOver ? null : <Fact name={t.detail.used}>{sizeOf(used) ?? t.common.unknown}</Fact>}
      <Fact name={t.detail.started}>
        <Started session={session} />
      </Fact>
      <Fact name={t.detail.expires}>
        {isOver || expiryTime === undefined ? null : `${moment(expiryTime)} · `}
        <TimeLeft session={session} />
      </Fact>
      {connectUrl === undefined || session.kind === 'headless' || isOver ? null : (
        <Fact name={t.detail.address}>
          <code class="address">{connectUrl.replace(/\?.*$/, '')}</code>
        </Fact>
      )}
    </dl>
  );
};

const Tabs = ({ id, tab }: { id: string; tab: Tab }) => {
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length] ?? 'details';
    go('sessions', id, next);
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`#tab-${next}`)?.focus());
  };
  return (
    <div class="tabs" role="tablist" aria-label={t.sessions.details} onKeyDown={move}>
      {tabs.map((name) => (
        <button
          key={name}
          id={`tab-${name}`}
          type="button"
          role="tab"
          aria-selected={tab === name}
          aria-controls="tab-panel"
          tabIndex={tab === name ? 0 : -1}
          onClick={() => go('sessions', id, name)}
        >
          {t.sessions[name]}
        </button>
      ))}
    </div>
  );
};

const Buttons = ({ session }: { session: Session }) => (
  <div class="buttons">
    {canOpen(session) ? (
      <Button icon="open" tone="main" onClick={() => void open(session)}>
        {t.sessions.open}
      </Button>
    ) : null}
    {canRenew(session) ? (
      <Button icon="renew" onClick={() => void renew([session])}>
        {t.sessions.renew}
      </Button>
    ) : null}
    <Button icon="trash" tone="danger" onClick={(event) => deleteSoon([session], event)}>
      {t.common.delete}
    </Button>
  </div>
);

/** Why a session is not shown. */
function absentWords(): string {
  const { at, state } = link.value;
  if (at !== undefined) return t.detail.gone;
  return state === 'lost' ? t.sessions.unknownWords : t.common.loading;
}

/** One session: what it is, what it writes, what happened to it. */
export const Detail = ({ id }: { id: string }) => {
  const [, , wanted] = route.value;
  const tab = tabs.find((name) => name === wanted) ?? 'details';
  const live = sessions.value.get(id);
  const heading = useRef<HTMLHeadingElement>(null);
  // Where it takes the place of the list, the link that led here is gone.
  useEffect(() => {
    if (isSingleColumn.value) heading.current?.focus();
  }, [id]);
  // What was seen last stays to be read when the session is gone.
  const last = useRef(live);
  if (live !== undefined) last.current = live;
  const session = last.current;
  if (session === undefined) {
    return (
      <aside class="detail card" aria-label={t.sessions.details}>
        <h1>{t.sessions.details}</h1>
        <p class="loading">{absentWords()}</p>
        <a href={to('sessions')}>{t.detail.back}</a>
      </aside>
    );
  }
  return (
    <aside
      class="detail card"
      aria-label={t.detail.label(session.name)}
      onKeyDown={(event) => onEscape(event, () => go('sessions'))}
    >
      <div class="detail-head">
        {isSingleColumn.value ? (
          <h1 ref={heading} tabIndex={-1} title={session.name}>
            {session.name}
          </h1>
        ) : (
          <h2 title={session.name}>{session.name}</h2>
        )}
        <Status status={live === undefined ? t.sessions.ended : session.status} />
        <a
          class="button quiet square"
          href={to('sessions')}
          aria-label={t.detail.back}
          title={t.detail.back}
        >
          ✕
        </a>
      </div>
      {live === undefined ? <p class="hint">{t.detail.gone}</p> : <Buttons session={session} />}
      <Tabs id={id} tab={tab} />
      <div class="pane" id="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={0}>
        {tab === 'details' ? <Facts session={session} /> : null}
        {tab === 'logs' ? <LogPane session={session} /> : null}
        {tab === 'events' ? <EventsPane id={session.id} /> : null}
      </div>
    </aside>
  );
};
