import { countsOf, keyOf, timeLeft, useOf } from '@skaha/dashboard/session-list.js';
import type { ComponentChildren } from 'preact';
import { now } from '../clock.js';
import { amount, moment, shortImage, span } from '../format.js';
import type { Session } from '../live.js';
import { Button, Status } from '../parts/basics.js';
import { Icon, StatusMark } from '../parts/icons.js';
import { route, to } from '../router.js';
import { t, wordFor } from '../text.js';
import { canOpen, canRenew, deleteSoon, open, renew } from './actions.js';
import { type Line, leaving, opened, selected, toggled } from './model.js';

/** When a session started, as far from now as people say it. */
export const Started = ({ session: { startTime } }: { session: Session }) =>
  startTime === undefined ? (
    <span class="faint">{t.sessions.notStarted}</span>
  ) : (
    <time dateTime={startTime.toISOString()} title={moment(startTime)}>
      {t.sessions.ago(span(now.value - startTime.getTime()))}
    </time>
  );

/** Less than this is shown with emphasis, in milliseconds. */
const soonMs = 6 * 3_600_000;

/** How long a session may still run. */
export const TimeLeft = ({ session }: { session: Session }) => {
  const { expiryTime } = session;
  const left = timeLeft(session, now.value);
  if (left === 'over') return <span class="faint">{t.sessions.ended}</span>;
  if (left === undefined || expiryTime === undefined) return <span class="faint">–</span>;
  return (
    <time
      class={left < soonMs ? 'soon' : ''}
      dateTime={expiryTime.toISOString()}
      title={moment(expiryTime)}
    >
      {span(left)}
    </time>
  );
};

const shown = (value: number | undefined): string => (value === undefined ? '–' : amount(value));

/** Cores and memory, where at least one of them is known. */
const size = (cores: number | undefined, memoryGiB: number | undefined): string | undefined =>
  cores === undefined && memoryGiB === undefined
    ? undefined
    : t.sessions.shortSize(shown(cores), shown(memoryGiB));

/** What a session asked for, and uses. */
const Use = ({ session }: { session: Session }) => {
  const { cores, memoryGiB } = useOf(session);
  const isFlexible = session.fixedResources === false;
  const asked = isFlexible ? undefined : size(cores.requested, memoryGiB.requested);
  const current = size(cores.used, memoryGiB.used);
  const { gpus = 0 } = session.requested;
  return (
    <>
      {current ?? asked ?? t.sessions.flexible}
      <br />
      <small class="faint">
        {current === undefined ? '' : t.sessions.ofAsked(asked ?? t.sessions.flexible)}
        {gpus > 0 ? ` + ${t.detail.gpus(gpus)}` : ''}
      </small>
    </>
  );
};

const Check = ({ name, keys }: { name: string; keys: readonly string[] }) => (
  <span role="cell" class="cell-check">
    <input
      type="checkbox"
      aria-label={t.sessions.select(name)}
      checked={keys.every((key) => selected.value.has(key))}
      onChange={(event) => {
        selected.value = toggled(selected.value, keys, event.currentTarget.checked);
      }}
    />
  </span>
);

const Cell = ({ name, children }: { name: string; children: ComponentChildren }) => (
  <span role="cell" class={`cell-${name}`}>
    {children}
  </span>
);

/** What can be done with one session. */
export const Actions = ({ session }: { session: Session }) => (
  <>
    {canOpen(session) ? (
      <Button
        icon="open"
        tone="quiet"
        label={t.sessions.openNamed(session.name)}
        onClick={() => void open(session)}
      />
    ) : null}
    {canRenew(session) ? (
      <Button
        icon="renew"
        tone="quiet"
        label={t.sessions.renewNamed(session.name)}
        onClick={() => void renew([session])}
      />
    ) : null}
    <Button
      icon="trash"
      tone="quiet"
      label={t.sessions.deleteNamed(session.name)}
      disabled={leaving.value.has(keyOf(session))}
      onClick={(event) => deleteSoon([session], event)}
    />
  </>
);

/** One session in the list. */
export const SessionRow = ({
  line,
  index,
}: {
  line: Line & { type: 'session' };
  index: number;
}) => {
  const { session, key, isInGroup } = line;
  const { name, kind, image = '', id } = session;
  const isCurrent = route.value[1] === key;
  const more = [
    isInGroup ? 'in-group' : '',
    isCurrent ? 'current' : '',
    leaving.value.has(key) ? 'leaving' : '',
    selected.value.has(key) ? 'marked' : '',
  ];
  return (
    <div class={`row ${more.join(' ')}`} role="row" aria-rowindex={index + 2}>
      <Check name={name} keys={[key]} />
      <Cell name="state">
        <Status status={session.status} />
      </Cell>
      <Cell name="name">
        <a href={to('sessions', key)} aria-current={isCurrent ? 'true' : undefined}>
          {name}
        </a>
        <br />
        <small class="faint">
          <code>{id}</code> {shortImage(image)}
        </small>
      </Cell>
      <Cell name="kind">{wordFor(t.kinds, kind)?.name ?? kind}</Cell>
      <Cell name="use">
        <Use session={session} />
      </Cell>
      <Cell name="started">
        <Started session={session} />
      </Cell>
      <Cell name="left">
        <TimeLeft session={session} />
      </Cell>
      <Cell name="actions">
        <Actions session={session} />
      </Cell>
    </div>
  );
};

/** How many sessions of a group are in each state. */
const Sums = ({ members }: { members: readonly Session[] }) => {
  return (
    <span class="sums">
      {countsOf(members).map(([word, count]) => (
        <span key={word} class={`status is-${word.toLowerCase()}`}>
          <StatusMark status={word} />
          {t.number(count)} <span class="word">{wordFor(t.counted, word) ?? word}</span>
        </span>
      ))}
    </span>
  );
};

/** A batch in the list: its sessions are shown when it is opened. */
export const GroupRow = ({ line, index }: { line: Line & { type: 'group' }; index: number }) => {
  const { name, members, isOpen } = line;
  const keys = members.map(keyOf);
  return (
    <div class="row group" role="row" aria-rowindex={index + 2}>
      <Check name={t.sessions.groupNamed(name, members.length)} keys={keys} />
      <Cell name="group">
        <button
          type="button"
          class="fold"
          aria-expanded={isOpen}
          onClick={() => {
            opened.value = toggled(opened.value, [name], !isOpen);
          }}
        >
          <Icon name={isOpen ? 'down' : 'right'} />
          <strong>{name}</strong>
          <span class="faint">{t.sessions.count(members.length)}</span>
        </button>
        <Sums members={members} />
      </Cell>
      <Cell name="actions">
        <Button
          icon="trash"
          tone="quiet"
          label={t.sessions.deleteNamed(t.sessions.groupNamed(name, members.length))}
          onClick={(event) => deleteSoon(members, event)}
        />
      </Cell>
    </div>
  );
};
