import { listContexts } from '../../../config/index.js';
import type { Run } from '../../command.js';
import { isMachine, note } from '../../io.js';
import { render } from '../../output/render.js';
import { table } from '../../output/table.js';
import { configurationSource } from '../config/source.js';
import { contextColumns, contextDocument } from './context-view.js';

/** Lists contexts. */
export const runContextLs: Run<Record<never, never>> = async (io, deps) => {
  const contexts = await listContexts(configurationSource(io, deps));
  if (contexts.length === 0 && !isMachine(io.format)) {
    note(
      io,
      "There are no contexts yet. Log in with 'skaha login', start a platform on this machine with 'skaha platform start', or add one with 'skaha context add'.",
    );
    return undefined;
  }
  await render(io, {
    data: contexts.map(contextDocument),
    table: () => table(io, contextColumns, contexts),
    names: () => contexts.map(({ name }) => name),
  });
  return undefined;
};
