import { renderList } from '@skaha/terminal/output/list.js';
import { loadConfiguration } from 'skaha/config';
import type { Run } from '../../command.js';
import { configurationSource } from '../config/source.js';

/** Lists aliases. */
export const runAliasLs: Run<Record<never, never>> = async (io, deps) => {
  const { configuration } = await loadConfiguration(configurationSource(io, deps));
  const all = Object.entries(configuration.aliases ?? {})
    .map(([name, command]) => ({ name, command }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en'));
  await renderList(
    io,
    {
      rows: all,
      document: (alias) => alias,
      columns: [
        { header: 'NAME', value: ({ name }) => name },
        { header: 'COMMAND', value: ({ command }) => `skaha ${command}` },
      ],
      name: ({ name }) => name,
    },
    "There are no aliases yet. Set one with  skaha alias set NAME 'TEXT'.",
  );
  return undefined;
};
