import type { ComponentChildren } from 'preact';
import { now } from '../clock.js';
import { amount, moment, shortImage, span } from '../format.js';
import type { Session } from '../live.js';
import { Button, Status } from '../parts/basics.js';
import { Icon, StatusMark } from '../parts/icons.js';
import { route, to } from '../router.js';
import { t } from '../text.js';
import { canOpen, canRenew, deleteSoon, open, renew } from './actions.js';
import { keyOf, type Line, leaving, opened, selected, toggled } from './model.js';

const isOver = ({ status }: Session): boolean => status === 'Completed' || status === 'Failed';

/** When a session started, as far from now as people say it. */
export const Started = ({ session: { startTime } }: { session: Session }) =>
  startTime === undefined ? (
    <span class="faint">{t.sessions.notStarted}</span>
  ) : (
    <time dateTime={startTime.toISOString()} title={moment(startTime)}>
      {t.sessions.ago(span(now.value - startTime.getTime()))}
    </time>
  );

/** Less than this is told with emphasis, in milliseconds. */
const soonMs = 6 * 3_600_000;

/** How long a session may still run. */
export const TimeLeft = ({ session }: { session: Session }) => {
  const { expiryTime } = session;
  if (isOver(session)) return <span class="faint">{t.sessions.ended}</span>;
  if (expiryTime === undefined) return <span class="faint">–</span>;
  const left = expiryTime.getTime() - now.value;
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

/** What a session asked for, and uses. */
const Use = ({ session: { requested, used, fixedResources } }: { session: Session }) => {
  const { cores, memoryGiB, gpus } = requested;
  const asked =
    fixedResources === false || (cores === undefined && memoryGiB === undefined)
      ? t.sessions.flexible
      : `${cores === undefined ? '–' : amount(cores)} · ${memoryGiB === undefined ? '–' : amount(memoryGiB)} GiB`;
  const current =
    used.cores === undefined && used.memoryGiB === undefined
      ? undefined
      : `${used.cores === undefined ? '–' : amount(used.cores)} · ${used.memoryGiB === undefined ? '–' : amount(used.memoryGiB)} GiB`;
  return (
    <>
      <span>{current ?? asked}</span>
      <small class="faint">
        {current === undefined ? '' : `${t.common.of} ${asked}`}
        {gpus !== undefined && gpus > 0 ? ` + ${t.detail.gpus(gpus)}` : ''}
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

/** What one session can be told to do. */
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
      onClick={() => deleteSoon([session])}
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
        <small class="faint">
          <code>{id}</code> {shortImage(image)}
        </small>
      </Cell>
      <Cell name="kind">{t.kinds[kind]?.name ?? kind}</Cell>
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
  const sums = new Map<string, number>();
  for (const { status } of members) sums.set(status, (sums.get(status) ?? 0) + 1);
  return (
    <span class="sums">
      {[...sums].map(([word, count]) => (
        <span key={word} class={`status is-${word.toLowerCase()}`}>
          <StatusMark status={word} />
          {count.toLocaleString('en')}{' '}
          <span class="word">{(t.status[word] ?? word).toLowerCase()}</span>
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
          onClick={() => deleteSoon(members)}
        />
      </Cell>
    </div>
  );
};
