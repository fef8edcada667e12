import { useState } from 'preact/hooks';
import type { StorageNode } from 'skaha/storage';
import { say, showProblem } from '../notices.js';
import { Button, Dialog, Field } from '../parts/basics.js';
import { t } from '../text.js';
import { storageAt } from './model.js';

/** A folder of a storage service. */
export interface Place {
  readonly service: string;
  readonly path: string;
}

/** What has to be answered before something is changed. */
export type Question =
  | { type: 'delete'; node: StorageNode }
  | { type: 'folder' }
  | { type: 'replace'; name: string; answer: (replace: boolean) => void };

const DeleteDialog = ({
  service,
  node,
  onDone,
}: {
  service: string;
  node: StorageNode;
  onDone: (changed: boolean) => void;
}) => {
  const isFolder = node.kind === 'folder';
  const remove = async () => {
    try {
      await storageAt(service).remove(node.path, isFolder ? { recursive: true } : {});
      say({ tone: 'good', text: t.storage.deleted(node.name) });
      onDone(true);
    } catch (error) {
      showProblem(error);
      onDone(false);
    }
  };
  const title = isFolder ? t.storage.deleteFolder(node.name) : t.storage.deleteFile(node.name);
  return (
    <Dialog title={title} onClose={() => onDone(false)}>
      <div class="buttons">
        <Button tone="danger" icon="trash" onClick={() => void remove()}>
          {t.common.delete}
        </Button>
        <Button onClick={() => onDone(false)}>{t.common.cancel}</Button>
      </div>
    </Dialog>
  );
};

const FolderDialog = ({
  service,
  path,
  onDone,
}: Place & { onDone: (changed: boolean) => void }) => {
  const [name, setName] = useState('');
  const make = async (event: SubmitEvent) => {
    event.preventDefault();
    try {
      await storageAt(service).makeDirectory(`${path}/${name.trim()}`);
      onDone(true);
    } catch (error) {
      showProblem(error);
      onDone(false);
    }
  };
  return (
    <Dialog title={t.storage.newFolder} onClose={() => onDone(false)}>
      <form onSubmit={(event) => void make(event)}>
        <Field id="folder-name" label={t.storage.folderName}>
          <input
            id="folder-name"
            required
            value={name}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </Field>
        <div class="buttons">
          <Button type="submit" tone="main">
            {t.storage.make}
          </Button>
          <Button onClick={() => onDone(false)}>{t.common.cancel}</Button>
        </div>
      </form>
    </Dialog>
  );
};

/** The question that is open, if any. */
export const Questions = ({
  question,
  place,
  onDone,
}: {
  question: Question | undefined;
  place: Place;
  onDone: (changed: boolean) => void;
}) => {
  if (question === undefined) return null;
  if (question.type === 'delete')
    return <DeleteDialog service={place.service} node={question.node} onDone={onDone} />;
  if (question.type === 'folder') return <FolderDialog {...place} onDone={onDone} />;
  const reply = (replace: boolean) => {
    question.answer(replace);
    onDone(false);
  };
  return (
    <Dialog title={t.storage.exists(question.name)} onClose={() => reply(false)}>
      <div class="buttons">
        <Button tone="danger" onClick={() => reply(true)}>
          {t.storage.replace}
        </Button>
        <Button onClick={() => reply(false)}>{t.storage.skip}</Button>
      </div>
    </Dialog>
  );
};
