import { type Io, note } from '@skaha/terminal/io.js';
import { fieldText } from '@skaha/terminal/output/field.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { renderPaged, toYaml } from '@skaha/terminal/output/render.js';
import { type LoadedConfiguration, loadConfiguration } from 'skaha/config';
import { masked } from 'skaha/internal/config/index.js';
import type { Run } from '../../command.js';
import { originRows } from './origins.js';
import { configurationSource } from './source.js';

export interface ConfigShowOptions {
  showOrigin: boolean;
  showSecrets: boolean;
}

async function showOrigins(io: Io, { configuration, path }: LoadedConfiguration, secrets: boolean) {
  await renderList(
    io,
    {
      rows: originRows(configuration, path, io.env, secrets),
      document: (row) => ({ ...row }),
      columns: [
        { header: 'KEY', value: ({ key }) => key },
        { header: 'VALUE', value: ({ value }) => fieldText(value), shrinkTo: 16 },
        { header: 'ORIGIN', value: ({ origin }) => origin },
        { header: 'SOURCE', value: ({ source }) => source ?? '-', shrinkTo: 12, cut: 'start' },
      ],
    },
    'Nothing is set.',
  );
}

/** Shows the whole configuration. */
export const runConfigShow: Run<ConfigShowOptions> = async (io, deps, options) => {
  const { showOrigin, showSecrets } = options;
  const loaded = await loadConfiguration(configurationSource(io, deps));
  const { path, exists, configuration, warnings } = loaded;
  for (const warning of warnings) note(io, `Warning: ${warning}`);
  if (!exists) note(io, `${path} does not exist; nothing is set.`);
  if (showOrigin) {
    await showOrigins(io, loaded, showSecrets);
    return undefined;
  }
  const data = showSecrets ? configuration : masked(configuration);
  const text = await toYaml(data);
  await renderPaged(io, { data, table: () => text });
  return undefined;
};
