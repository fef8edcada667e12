import { renderList } from '@skaha/terminal/output/list.js';
import { listContexts } from 'skaha/config';
import type { Run } from '../../command.js';
import { configurationSource } from '../config/source.js';
import { contextColumns, contextDocument } from './context-view.js';

/** Lists contexts. */
export const runContextLs: Run<Record<never, never>> = async (io, deps) => {
  const contexts = await listContexts(configurationSource(io, deps));
  await renderList(
    io,
    {
      rows: contexts,
      document: contextDocument,
      columns: contextColumns,
      name: ({ name }) => name,
    },
    "There are no contexts yet. Log in with 'skaha login', start a platform on this machine with 'skaha platform start', or add one with 'skaha context add'.",
  );
  return undefined;
};
