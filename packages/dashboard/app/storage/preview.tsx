import { useEffect, useState } from 'preact/hooks';
import type { StorageNode } from 'skaha/storage';
import { type Problem, problemOf } from '../api.js';
import { bytes } from '../format.js';
import { onEscape, ProblemBox } from '../parts/basics.js';
import { go, to } from '../router.js';
import { t } from '../text.js';
import { type Header, valueFor } from './fits.js';
import { type Preview, previewOf, serviceName, storageAt } from './model.js';

const HeaderTable = ({ header, index }: { header: Header; index: number }) => {
  const { cards } = header;
  const title = t.storage.hdu(index, valueFor(cards, 'EXTNAME') ?? '');
  return (
    <details open={index === 0}>
      <summary>
        {title}{' '}
        <span class="faint">
          {valueFor(cards, 'XTENSION') ?? ''} {bytes(header.dataBytes)}
        </span>
      </summary>
      <div class="scroll-x" tabIndex={0} role="group" aria-label={title}>
        <table class="fits">
          <thead>
            <tr>
              <th scope="col">{t.storage.keyword}</th>
              <th scope="col">{t.storage.value}</th>
              <th scope="col">{t.storage.comment}</th>
            </tr>
          </thead>
          <tbody>
            {cards.map(({ keyword, value, comment }, place) => (
              <tr key={`${keyword} ${place}`}>
                <th scope="row">{keyword}</th>
                <td>{value}</td>
                <td class="faint">{comment}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
};

const ImagePreview = ({ blob, name }: { blob: Blob; name: string }) => {
  const [url, setUrl] = useState('');
  useEffect(() => {
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return url === '' ? null : <img class="preview-image" src={url} alt={name} />;
};

const Shown = ({ preview, name }: { preview: Preview; name: string }) => {
  if (preview.type === 'none') return <p class="hint">{t.storage.noPreview}</p>;
  if (preview.type === 'image') return <ImagePreview blob={preview.blob} name={name} />;
  if (preview.type === 'fits') {
    return (
      <>
        <h3>{t.storage.fits}</h3>
        {preview.headers.map((header, index) => (
          <HeaderTable key={String(index)} header={header} index={index} />
        ))}
      </>
    );
  }
  return (
    <>
      <pre class="text-preview" tabIndex={0}>
        {preview.text}
      </pre>
      {preview.isWhole ? null : <p class="hint">{t.storage.tooLarge}</p>}
    </>
  );
};

/** What can be seen of a file without fetching all of it. */
export const PreviewPane = ({
  service,
  node,
  folder,
}: {
  service: string;
  node: StorageNode;
  folder: string;
}) => {
  const [state, setState] = useState<{ preview?: Preview; problem?: Problem }>({});
  useEffect(() => {
    const leave = new AbortController();
    previewOf(storageAt(service), node, leave.signal).then(
      (preview) => setState({ preview }),
      (error: unknown) => {
        if (!leave.signal.aborted) setState({ problem: problemOf(error) });
      },
    );
    return () => leave.abort();
  }, [service, node.path]);
  const { preview, problem } = state;
  return (
    <aside
      class="detail card"
      aria-label={t.storage.preview(node.name)}
      onKeyDown={(event) => onEscape(event, () => go('storage', serviceName(service), folder))}
    >
      <div class="detail-head">
        <h2>{node.name}</h2>
        <span class="faint">{node.sizeBytes === undefined ? '' : bytes(node.sizeBytes)}</span>
        <a
          class="button quiet square"
          href={to('storage', serviceName(service), folder)}
          aria-label={t.common.close}
          title={t.common.close}
        >
          ✕
        </a>
      </div>
      <div class="pane">
        {problem === undefined ? null : <ProblemBox problem={problem} />}
        {preview === undefined && problem === undefined ? (
          <p class="loading">{t.common.loading}</p>
        ) : null}
        {preview === undefined ? null : <Shown preview={preview} name={node.name} />}
      </div>
    </aside>
  );
};
