import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { StorageNode } from 'skaha/storage';
import { me, type Problem, problemOf } from '../api.js';
import { bytes, moment } from '../format.js';
import { showProblem } from '../notices.js';
import { Button, Empty, Meter, ProblemBox, Select } from '../parts/basics.js';
import { Icon } from '../parts/icons.js';
import { Windowed } from '../parts/windowed.js';
import { usePolled } from '../poll.js';
import { go, route, to } from '../router.js';
import { saveBlob } from '../save.js';
import { t } from '../text.js';
import { homeFolder, inOrder, serviceName, storageAt, wholeFile } from './model.js';
import { PreviewPane } from './preview.js';
import { type Place, type Question, Questions } from './questions.js';
import { type Arrival, chosenFiles, droppedFiles, upload, uploading } from './sending.js';

interface Folder {
  readonly nodes: readonly StorageNode[] | undefined;
  readonly problem: Problem | undefined;
  readonly reload: () => void;
}

/** What is in a folder; long ones show themselves as they come. */
function useFolder({ service, path }: Place): Folder {
  const [state, setState] = useState<{ nodes?: StorageNode[]; problem?: Problem }>({});
  const [round, setRound] = useState(0);
  useEffect(() => setState({}), [service, path]);
  useEffect(() => {
    const leave = new AbortController();
    const { signal } = leave;
    const load = async () => {
      const found: StorageNode[] = [];
      for await (const node of storageAt(service).list(path, { signal })) {
        found.push(node);
        if (found.length % 1_000 === 0 && !signal.aborted)
          setState({ nodes: [...found].sort(inOrder) });
      }
      if (!signal.aborted) setState({ nodes: found.sort(inOrder) });
    };
    load().catch((error: unknown) => {
      if (!signal.aborted) setState({ problem: problemOf(error) });
    });
    return () => leave.abort();
  }, [service, path, round]);
  const { nodes, problem } = state;
  return { nodes, problem, reload: () => setRound((count) => count + 1) };
}

const Crumbs = ({ service, path }: Place) => {
  const parts = path.split('/').filter(Boolean);
  const name = serviceName(service);
  return (
    <nav class="crumbs" aria-label={t.storage.path}>
      <ol>
        <li>
          <a href={to('storage', name, '/')}>{name}</a>
        </li>
        {parts.map((part, index) => (
          <li key={parts.slice(0, index + 1).join('/')}>
            <a
              href={to('storage', name, `/${parts.slice(0, index + 1).join('/')}`)}
              aria-current={index === parts.length - 1 ? 'page' : undefined}
            >
              {part}
            </a>
          </li>
        ))}
      </ol>
    </nav>
  );
};

const Quota = ({ service, path }: Place) => {
  const { value } = usePolled(
    async (signal) => (await storageAt(service).quota(path, { signal })) ?? null,
    60_000,
    [service, path],
  );
  if (value === null || value === undefined) return null;
  const { quotaBytes, usedBytes } = value;
  if (usedBytes === undefined)
    return <span class="faint">{t.storage.quotaOnly(bytes(quotaBytes))}</span>;
  const words = t.storage.quota(bytes(usedBytes), bytes(quotaBytes));
  return (
    <div class="quota">
      <Meter value={quotaBytes === 0 ? 1 : usedBytes / quotaBytes} label={words} />
      <span class="faint">{words}</span>
    </div>
  );
};

const Uploading = () => {
  const state = uploading.value;
  if (state === undefined) return null;
  const words = t.storage.uploading(state.done, state.all);
  return (
    <div class="box" role="status">
      <p>{words}</p>
      <Meter value={state.share} label={words} />
    </div>
  );
};

const icons = { file: 'file', folder: 'storage', link: 'link' } as const;

interface RowProps {
  readonly place: Place;
  readonly node: StorageNode;
  readonly isCurrent: boolean;
  readonly onAsk: (question: Question) => void;
}

async function download({ service }: Place, node: StorageNode): Promise<void> {
  try {
    saveBlob(await wholeFile(service, node), node.name);
  } catch (error) {
    showProblem(error);
  }
}

const NodeRow = ({ place, node, isCurrent, onAsk }: RowProps) => {
  const service = serviceName(place.service);
  const { name, kind, path, sizeBytes, modified } = node;
  const address =
    kind === 'folder' ? to('storage', service, path) : to('storage', service, place.path, name);
  return (
    <div class={isCurrent ? 'row file current' : 'row file'} role="row">
      <span role="cell" class="cell-name">
        <Icon name={icons[kind]} />
        <a href={address}>{name}</a>
      </span>
      <span role="cell" class="cell-size">
        {kind === 'folder' ? '' : sizeBytes === undefined ? '–' : bytes(sizeBytes)}
      </span>
      <span role="cell" class="cell-modified">
        {modified === undefined ? '' : moment(modified)}
      </span>
      <span role="cell" class="cell-actions">
        {kind === 'folder' ? null : (
          <Button
            icon="download"
            tone="quiet"
            label={t.storage.downloadNamed(name)}
            onClick={() => void download(place, node)}
          />
        )}
        <Button
          icon="trash"
          tone="quiet"
          label={t.storage.deleteNamed(name)}
          onClick={() => onAsk({ type: 'delete', node })}
        />
      </span>
    </div>
  );
};

/** Programs keep their own things in such files; who looks for data does not want them. */
const isHidden = ({ name }: StorageNode): boolean => name.startsWith('.');

interface ListProps {
  readonly place: Place;
  readonly folder: Folder;
  readonly file: string | undefined;
  readonly onAsk: (question: Question) => void;
}

const FileList = ({ place, folder, file, onAsk }: ListProps) => {
  const { nodes: all, problem, reload } = folder;
  const [hasHidden, setHidden] = useState(false);
  if (problem !== undefined) return <ProblemBox problem={problem} onRetry={reload} />;
  if (all === undefined) return <p class="loading">{t.common.loading}</p>;
  const hidden = all.filter(isHidden).length;
  const nodes = hasHidden ? all : all.filter((node) => !isHidden(node) || node.name === file);
  const choice =
    hidden === 0 ? null : (
      <label class="check">
        <input
          type="checkbox"
          checked={hasHidden}
          onChange={(event) => setHidden(event.currentTarget.checked)}
        />
        {t.storage.hidden(hidden)}
      </label>
    );
  if (nodes.length === 0) {
    const title = hidden === 0 ? t.storage.empty : t.storage.onlyHidden;
    return (
      <Empty title={title} words={t.storage.dropHere}>
        {choice}
      </Empty>
    );
  }
  return (
    <>
      <Nodes place={place} nodes={nodes} file={file} onAsk={onAsk} />
      {choice}
    </>
  );
};

const Nodes = ({
  place,
  nodes,
  file,
  onAsk,
}: Omit<ListProps, 'folder'> & { nodes: readonly StorageNode[] }) => (
  <div
    class="table card"
    role="table"
    aria-label={t.storage.filesTable}
    aria-rowcount={nodes.length + 1}
  >
    <div role="rowgroup">
      <div class="row file heads" role="row">
        <span role="columnheader" class="cell-name">
          {t.storage.name}
        </span>
        <span role="columnheader" class="cell-size">
          {t.storage.size}
        </span>
        <span role="columnheader" class="cell-modified">
          {t.storage.modified}
        </span>
        <span role="columnheader" class="cell-actions">
          {t.sessions.columns.actions}
        </span>
      </div>
    </div>
    <Windowed
      count={nodes.length}
      rowHeight={46}
      class="rows"
      keyOf={(index) => nodes[index]?.path ?? ''}
      attributes={{ role: 'rowgroup', tabIndex: 0, 'aria-label': t.storage.filesTable }}
      render={(index) => {
        const node = nodes[index];
        return node === undefined ? null : (
          <NodeRow place={place} node={node} onAsk={onAsk} isCurrent={node.name === file} />
        );
      }}
    />
  </div>
);

const Tools = ({
  place,
  onFiles,
  onAsk,
}: {
  place: Place;
  onFiles: (files: readonly File[]) => void;
  onAsk: (question: Question) => void;
}) => {
  const input = useRef<HTMLInputElement>(null);
  const services = me.value?.storage ?? [];
  return (
    <div class="filters">
      {services.length > 1 ? (
        <Select
          label={t.storage.service}
          value={place.service}
          options={services.map((path) => [path, serviceName(path)])}
          onChange={(path) => go('storage', serviceName(path), '/')}
        />
      ) : null}
      <Crumbs {...place} />
      <Quota {...place} />
      <span class="grow" />
      <Button icon="plus" onClick={() => onAsk({ type: 'folder' })}>
        {t.storage.newFolder}
      </Button>
      <Button icon="upload" tone="main" onClick={() => input.current?.click()}>
        {t.storage.upload}
      </Button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={t.storage.upload}
        onChange={(event) => {
          onFiles([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
      />
    </div>
  );
};

const NoService = () => (
  <Blank>
    <Empty title={t.storage.none} words={t.storage.noneWords} />
  </Blank>
);

const Browser = ({ place, file }: { place: Place; file: string | undefined }) => {
  const folder = useFolder(place);
  const [question, setQuestion] = useState<Question | undefined>(undefined);
  const [isOver, setOver] = useState(false);
  const { nodes = [], reload } = folder;
  const mayReplace = (name: string): Promise<boolean> =>
    new Promise((answer) => setQuestion({ type: 'replace', name, answer }));
  const take = async (coming: Promise<Arrival[]>) => {
    try {
      const arrivals = await coming;
      if (arrivals.length === 0) return;
      const taken = new Map(nodes.map(({ name, sizeBytes = 0 }) => [name, sizeBytes]));
      await upload(arrivals, { service: place.service, folder: place.path, taken, mayReplace });
    } catch (error) {
      showProblem(error);
    }
    reload();
  };
  const node = nodes.find(({ name }) => name === file);
  if (folder.problem?.code === 'storage.service_unknown') return <NoService />;
  return (
    <section
      class={isOver ? 'storage dropping' : 'storage'}
      aria-label={t.storage.title}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        if (event.dataTransfer !== null) void take(droppedFiles(event.dataTransfer));
      }}
    >
      <div class="view-head">
        <h1>{t.storage.title}</h1>
      </div>
      <Tools
        place={place}
        onFiles={(files) => void take(Promise.resolve(chosenFiles(files)))}
        onAsk={setQuestion}
      />
      <Uploading />
      {file !== undefined && folder.nodes !== undefined && node === undefined ? (
        <p class="hint" role="status">
          {t.storage.missing(file)}
        </p>
      ) : null}
      <div class={node === undefined ? 'sessions' : 'sessions with-detail'}>
        <div class="list">
          <FileList place={place} folder={folder} file={file} onAsk={setQuestion} />
        </div>
        {node === undefined ? null : (
          <PreviewPane
            key={`${node.path} ${node.modified?.getTime()} ${node.sizeBytes}`}
            service={place.service}
            node={node}
            folder={place.path}
          />
        )}
      </div>
      {isOver ? <p class="drop-words">{t.storage.dropHere}</p> : null}
      <Questions
        question={question}
        place={place}
        onDone={(changed) => {
          setQuestion(undefined);
          if (changed) reload();
        }}
      />
    </section>
  );
};

/** What stands there while no folder is shown. */
const Blank = ({ children }: { children: ComponentChildren }) => (
  <section class="storage" aria-label={t.storage.title}>
    <div class="view-head">
      <h1>{t.storage.title}</h1>
    </div>
    {children}
  </section>
);

/** The files of the user. */
export const StorageView = () => {
  const [, name, path, file] = route.value;
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const services = me.value?.storage ?? [];
  const service = services.find((one) => serviceName(one) === name);
  const toHome = () => {
    const [first] = services;
    const chosen = service ?? first;
    if (chosen === undefined || (service !== undefined && path !== undefined)) return;
    setProblem(undefined);
    homeFolder().then(
      (home) => location.replace(to('storage', serviceName(chosen), home)),
      (error: unknown) => setProblem(problemOf(error)),
    );
  };
  useEffect(toHome, [service, path]);
  if (services.length === 0) {
    return (
      <Blank>
        <Empty title={t.storage.none} words={t.storage.noneWords} />
      </Blank>
    );
  }
  if (service !== undefined && path !== undefined)
    return <Browser place={{ service, path }} file={file} />;
  return (
    <Blank>
      {problem === undefined ? (
        <p class="loading">{t.common.loading}</p>
      ) : (
        <ProblemBox problem={problem} onRetry={toHome} />
      )}
    </Blank>
  );
};
