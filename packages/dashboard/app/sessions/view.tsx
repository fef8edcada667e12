import { keyOf, sorts } from '@skaha/dashboard/session-list.js';
import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useMemo, useRef } from 'preact/hooks';
import { isNarrow } from '../clock.js';
import { link, type Session, sessions } from '../live.js';
import { Button, Empty, Select, Status, toMain } from '../parts/basics.js';
import { Icon } from '../parts/icons.js';
import { Windowed } from '../parts/windowed.js';
import { route, to } from '../router.js';
import { t, wordFor } from '../text.js';
import { deleteSoon, renew } from './actions.js';
import { Detail } from './detail.js';
import {
  counts,
  fitting,
  isGrouped,
  kind,
  kinds,
  type Line,
  lines,
  marked,
  query,
  selected,
  sort,
  sortBy,
  status,
  toggled,
} from './model.js';
import { GroupRow, SessionRow } from './rows.js';

const isFiltered = (): boolean => query.value !== '' || status.value !== '' || kind.value !== '';

function clearFilter(): void {
  query.value = '';
  status.value = '';
  kind.value = '';
}

/** The states that there are, each a filter. */
const Counts = () => (
  <ul class="counts" aria-label={t.sessions.status}>
    {counts.value.map(([word, count]) => (
      <li key={word}>
        <button
          type="button"
          class="chip"
          aria-pressed={status.value === word}
          onClick={() => {
            status.value = status.value === word ? '' : word;
          }}
        >
          <Status status={word} /> <strong>{t.number(count)}</strong>
        </button>
      </li>
    ))}
  </ul>
);

const Filters = () => (
  <search class="filters">
    <label class="search">
      <Icon name="search" />
      <input
        type="search"
        aria-label={t.sessions.filter}
        placeholder={t.sessions.filter}
        value={query.value}
        onInput={(event) => {
          query.value = event.currentTarget.value;
        }}
      />
    </label>
    <Select
      label={t.sessions.kind}
      value={kind.value}
      options={[
        ['', t.sessions.anyKind],
        ...kinds.value.map((one) => [one, wordFor(t.kinds, one)?.name ?? one] as const),
      ]}
      onChange={(value) => {
        kind.value = value;
      }}
    />
    <Select
      label={t.sessions.sort}
      value={sort.value}
      options={sorts.map((one) => [one, t.sessions.sorts[one]])}
      onChange={sortBy}
    />
    <label class="check">
      <input
        type="checkbox"
        checked={isGrouped.value}
        onChange={(event) => {
          isGrouped.value = event.currentTarget.checked;
          localStorage.setItem('skaha.dashboard.group', isGrouped.value ? 'yes' : 'no');
        }}
      />
      {t.sessions.group}
    </label>
  </search>
);

/** What can be done with the marked sessions. */
const Bulk = () => {
  const list = marked.value;
  if (list.length === 0) return null;
  return (
    <div class="bulk" role="toolbar" aria-label={t.sessions.selected(list.length)}>
      <strong>{t.sessions.selected(list.length)}</strong>
      <Button icon="renew" onClick={() => void renew(list)}>
        {t.sessions.renew}
      </Button>
      <Button icon="trash" tone="danger" onClick={(event) => deleteSoon(list, event)}>
        {t.common.delete}
      </Button>
      <Button
        tone="quiet"
        onClick={() => {
          selected.value = new Set();
        }}
      >
        {t.sessions.deselect}
      </Button>
    </div>
  );
};

const Heads = () => {
  const all = fitting.value;
  const some = selected.value;
  const count = some.size === 0 ? 0 : all.filter((one) => some.has(keyOf(one))).length;
  const { columns } = t.sessions;
  return (
    <div class="row heads" role="row" aria-rowindex={1}>
      <span role="columnheader" class="cell-check">
        <input
          type="checkbox"
          aria-label={t.sessions.selectAll}
          checked={count > 0 && count === all.length}
          ref={(box) => {
            if (box !== null) box.indeterminate = count > 0 && count < all.length;
          }}
          onChange={(event) => {
            selected.value = toggled(selected.value, all.map(keyOf), event.currentTarget.checked);
          }}
        />
      </span>
      {(['state', 'name', 'kind', 'use', 'started', 'left', 'actions'] as const).map((name) => (
        <span key={name} role="columnheader" class={`cell-${name}`}>
          {columns[name]}
        </span>
      ))}
    </div>
  );
};

interface Drawn {
  readonly index: number;
  readonly isInGroup: boolean;
  readonly row: ComponentChildren;
}

/** Draws lines; a session of which nothing is new stays as it was drawn, whatever else has changed. */
function useRows(list: readonly Line[]): (index: number) => ComponentChildren {
  const drawn = useMemo(() => new WeakMap<Session, Drawn>(), []);
  return useCallback(
    (index: number) => {
      const line = list[index];
      if (line === undefined) return null;
      if (line.type === 'group') return <GroupRow line={line} index={index} />;
      const { session, isInGroup } = line;
      const before = drawn.get(session);
      if (before?.index === index && before.isInGroup === isInGroup) return before.row;
      const row = <SessionRow line={line} index={index} />;
      drawn.set(session, { index, isInGroup, row });
      return row;
    },
    [list],
  );
}

const List = () => {
  const list = lines.value;
  const render = useRows(list);
  return (
    <div
      class="table card"
      role="table"
      aria-label={t.sessions.title}
      aria-rowcount={list.length + 1}
      aria-colcount={8}
    >
      <div role="rowgroup">
        <Heads />
      </div>
      <Windowed
        count={list.length}
        rowHeight={isNarrow.value ? 92 : 60}
        keyOf={(index) => list[index]?.key ?? ''}
        class="rows"
        attributes={{ role: 'rowgroup', tabIndex: 0, 'aria-label': t.sessions.title }}
        render={render}
      />
    </div>
  );
};

const Nothing = () => {
  const { at, state } = link.value;
  if (at === undefined && state === 'lost')
    return <Empty title={t.sessions.unknownTitle} words={t.sessions.unknownWords} />;
  if (at === undefined) return <p class="loading">{t.common.loading}</p>;
  if (isFiltered()) {
    return (
      <Empty title={t.sessions.noneTitle} words={t.sessions.noneWords}>
        <Button onClick={clearFilter}>{t.sessions.clear}</Button>
      </Empty>
    );
  }
  return (
    <Empty title={t.sessions.emptyTitle} words={t.sessions.emptyWords}>
      <a class="button main" href={to('launch')}>
        <Icon name="launch" />
        <span>{t.sessions.launch}</span>
      </a>
    </Empty>
  );
};

/** The sessions, and one of them in detail next to them. */
export const SessionsView = () => {
  const [, key] = route.value;
  const shownBefore = useRef(key);
  useEffect(() => {
    const before = shownBefore.current;
    shownBefore.current = key;
    // After closing a session, the user continues where it was opened.
    if (key !== undefined || before === undefined || document.activeElement !== document.body)
      return;
    const link = document.querySelector<HTMLElement>(`a[href="${to('sessions', before)}"]`);
    if (link === null) toMain();
    else link.focus();
  }, [key]);
  useEffect(() => {
    const known = sessions.value;
    const gone = [...selected.value].filter((one) => !known.has(one));
    if (gone.length > 0) selected.value = toggled(selected.value, gone, false);
  }, [sessions.value]);
  return (
    <div class={key === undefined ? 'sessions' : 'sessions with-detail'}>
      <section class="list" aria-label={t.sessions.title}>
        <div class="view-head">
          <h1>{t.sessions.title}</h1>
          <Counts />
          <a class="button main" href={to('launch')}>
            <Icon name="launch" />
            <span>{t.sessions.launch}</span>
          </a>
        </div>
        <Filters />
        <Bulk />
        {lines.value.length === 0 ? <Nothing /> : <List />}
      </section>
      {key === undefined ? null : <Detail key={key} id={key} />}
    </div>
  );
};
