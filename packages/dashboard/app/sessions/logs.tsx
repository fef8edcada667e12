import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { client, type Problem, problemOf, send, sessionApi } from '../api.js';
import type { Session } from '../live.js';
import { showProblem } from '../notices.js';
import { Button, ProblemBox } from '../parts/basics.js';
import { Windowed } from '../parts/windowed.js';
import { saveBlob } from '../save.js';
import { t } from '../text.js';
import { findLines, LogBuffer } from './log-buffer.js';

/** So much of the end is shown at first. */
const tailLines = 5_000;
const lineHeight = 19;
/** What comes is drawn so often, in milliseconds: a log that pours in is not read meanwhile. */
const drawMs = 100;

interface LogState {
  readonly buffer: LogBuffer;
  /** Counts what came, so that what is drawn follows. */
  readonly version: number;
  readonly hasEnded: boolean;
  readonly problem: Problem | undefined;
}

const frame = (): Promise<void> => new Promise((resolve) => requestAnimationFrame(() => resolve()));

/** Follows a log; it is drawn ten times a second at most, however much comes. */
function useLog(id: string, isWhole: boolean): LogState {
  const [state, setState] = useState<LogState>({
    buffer: new LogBuffer(),
    version: 0,
    hasEnded: false,
    problem: undefined,
  });
  useEffect(() => {
    const leave = new AbortController();
    const { signal } = leave;
    const buffer = new LogBuffer();
    let version = 0;
    let end: Pick<LogState, 'hasEnded' | 'problem'> = { hasEnded: false, problem: undefined };
    const show = () => {
      version += 1;
      if (!signal.aborted) setState({ buffer, version, ...end });
    };
    const follow = async () => {
      const options = { signal, intervalMs: 1_000, ...(isWhole ? {} : { tail: tailLines }) };
      let breathed = performance.now();
      let isWaiting = false;
      for await (const line of client.sessions.follow(id, options)) {
        buffer.add(line);
        if (!isWaiting) {
          isWaiting = true;
          setTimeout(() => {
            isWaiting = false;
            show();
          }, drawMs);
        }
        // The page must breathe while a long log pours in.
        if (performance.now() - breathed > 12) {
          await frame();
          breathed = performance.now();
        }
      }
    };
    show();
    follow()
      .then(
        () => {
          end = { hasEnded: true, problem: undefined };
        },
        (error: unknown) => {
          end = { hasEnded: false, problem: problemOf(error) };
        },
      )
      .finally(show);
    return () => leave.abort();
  }, [id, isWhole]);
  return state;
}

/** A line with what was looked for in it. */
const Line = ({ text, wanted }: { text: string; wanted: string }) => {
  if (wanted === '') return <>{text}</>;
  const lower = text.toLowerCase();
  const parts = [];
  let from = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, from)) {
    parts.push(text.slice(from, at), <mark>{text.slice(at, at + wanted.length)}</mark>);
    from = at + wanted.length;
  }
  return (
    <>
      {parts}
      {text.slice(from)}
    </>
  );
};

async function download({ id, name }: Session): Promise<void> {
  try {
    const reply = await send(`${sessionApi}/session/${encodeURIComponent(id)}?view=logs`);
    saveBlob(await reply.blob(), `${name}-${id}.log`);
  } catch (error) {
    showProblem(error);
  }
}

interface FindProps {
  readonly wanted: string;
  readonly found: readonly number[];
  readonly at: number;
  readonly onWanted: (text: string) => void;
  readonly onGo: (at: number) => void;
}

const Find = ({ wanted, found, at, onWanted, onGo }: FindProps) => (
  <div class="find">
    <input
      type="search"
      aria-label={t.logs.search}
      placeholder={t.logs.search}
      value={wanted}
      onInput={(event) => onWanted(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') onGo(at + (event.shiftKey ? -1 : 1));
      }}
    />
    {wanted === '' ? null : (
      <>
        <span class="faint" aria-live="polite">
          {t.logs.found(found.length)}
        </span>
        <Button icon="up" tone="quiet" label={t.logs.previous} onClick={() => onGo(at - 1)} />
        <Button icon="down" tone="quiet" label={t.logs.next} onClick={() => onGo(at + 1)} />
      </>
    )}
  </div>
);

const Foot = ({ state, isWhole }: { state: LogState; isWhole: boolean }) => {
  const { buffer, hasEnded } = state;
  const { length } = buffer.lines;
  return (
    <p class="log-foot faint">
      {buffer.dropped > 0 ? `${t.logs.dropped(buffer.dropped)} ` : ''}
      {!isWhole && length >= tailLines
        ? t.logs.tail(length)
        : t.logs.lines(length + buffer.dropped)}
      {hasEnded ? ` · ${t.logs.ended}` : ''}
    </p>
  );
};

/** What a session writes, as it writes it. */
export const LogPane = ({ session }: { session: Session }) => {
  const [isWhole, setWhole] = useState(false);
  const [isFollowing, setFollowing] = useState(true);
  const [wanted, setWanted] = useState('');
  const [at, setAt] = useState(-1);
  const [target, setTarget] = useState<{ index: number } | undefined>(undefined);
  const state = useLog(session.id, isWhole);
  const { buffer, problem, version } = state;
  const { lines } = buffer;
  const found = useMemo(() => findLines(lines, wanted), [wanted, lines.length, version > 0]);
  const lower = wanted.toLowerCase();
  const goTo = (place: number) => {
    if (found.length === 0) return;
    const next = (place + found.length) % found.length;
    setAt(next);
    setFollowing(false);
    setTarget({ index: found[next] ?? 0 });
  };
  const look = (text: string) => {
    setWanted(text);
    setAt(-1);
  };
  const render = useCallback(
    (index: number) => (
      <div class={target?.index === index ? 'line current' : 'line'}>
        <Line text={lines[index] ?? ''} wanted={lower} />
      </div>
    ),
    // The last line may grow, and the first ones may go.
    [lines, version, target, lower],
  );
  const label = useRef(t.logs.label(session.name));
  return (
    <div class="log">
      <div class="log-tools">
        <Find wanted={wanted} found={found} at={at} onGo={goTo} onWanted={look} />
        <Button pressed={isFollowing} onClick={() => setFollowing(!isFollowing)}>
          {t.logs.follow}
        </Button>
        <Button disabled={isWhole} onClick={() => setWhole(true)}>
          {t.logs.whole}
        </Button>
        <Button icon="download" label={t.logs.download} onClick={() => void download(session)} />
      </div>
      {problem === undefined ? null : <ProblemBox problem={problem} />}
      {lines.length === 0 ? (
        <p class="loading">{t.logs.empty}</p>
      ) : (
        <Windowed
          count={lines.length}
          rowHeight={lineHeight}
          keyOf={String}
          class="log-lines"
          follow={isFollowing}
          onFollow={setFollowing}
          target={target}
          attributes={{ role: 'log', tabIndex: 0, 'aria-label': label.current, 'aria-live': 'off' }}
          render={render}
        />
      )}
      <Foot state={state} isWhole={isWhole} />
    </div>
  );
};
