import { loadConfiguration } from '../../../config/index.js';
import type { Run } from '../../command.js';
import { isMachine, note } from '../../io.js';
import { render } from '../../output/render.js';
import { table } from '../../output/table.js';
import { configurationSource } from '../config/source.js';

/** Lists image registries. */
export const runRegistryLs: Run<Record<never, never>> = async (io, deps) => {
  const { configuration } = await loadConfiguration(configurationSource(io, deps));
  const rows = Object.entries(configuration.registries).map(([host, { username }]) => ({
    host,
    username,
  }));
  if (rows.length === 0 && !isMachine(io.format)) {
    note(
      io,
      "No credentials of an image registry are saved. Add some with 'skaha registry login'.",
    );
    return undefined;
  }
  await render(io, {
    data: rows,
    table: () =>
      table(
        io,
        [
          { header: 'REGISTRY', value: ({ host }) => host },
          { header: 'USER', value: ({ username }) => username },
        ],
        rows,
      ),
    names: () => rows.map(({ host }) => host),
  });
  return undefined;
};
