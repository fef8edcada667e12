import { renderList } from '@skaha/terminal/output/list.js';
import { loadConfiguration } from 'skaha/config';
import type { Run } from '../../command.js';
import { configurationSource } from '../config/source.js';

/** Lists image registries. */
export const runRegistryLs: Run<Record<never, never>> = async (io, deps) => {
  const { configuration } = await loadConfiguration(configurationSource(io, deps));
  const rows = Object.entries(configuration.registries).map(([host, { username }]) => ({
    host,
    username,
  }));
  await renderList(
    io,
    {
      rows,
      document: (row) => row,
      columns: [
        { header: 'REGISTRY', value: ({ host }) => host },
        { header: 'USER', value: ({ username }) => username, shrinkTo: 8 },
      ],
      name: ({ host }) => host,
    },
    "No credentials of an image registry are saved. Add some with 'skaha registry login'.",
  );
  return undefined;
};
