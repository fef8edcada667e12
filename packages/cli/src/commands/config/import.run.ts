import { note } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import type { Ink } from '@skaha/terminal/output/style.js';
import { table } from '@skaha/terminal/output/table.js';
import { count } from '@skaha/terminal/output/text.js';
import { builtInProviders } from 'skaha/account';
import { type ImportItem, importConfiguration } from 'skaha/internal/config/import/index.js';
import { expandPath } from 'skaha/internal/config/index.js';
import { serverName } from 'skaha/internal/discovery/index.js';
import type { Run } from '../../command.js';
import { configurationSource } from './source.js';

export interface ConfigImportOptions {
  file?: string | undefined;
  force: boolean;
  dryRun: boolean;
}

const inks: Readonly<Record<ImportItem['outcome'], Ink>> = {
  taken: 'green',
  kept: 'dim',
  'left out': 'yellow',
};

const providerAt = (discovery: string) => {
  const found = builtInProviders.find((provider) => provider.discovery === discovery);
  return found?.issuer === undefined ? undefined : { key: found.key, issuer: found.issuer };
};

/** Takes over the settings of the Python clients. */
export const runConfigImport: Run<ConfigImportOptions> = async (io, deps, options) => {
  const { force, dryRun } = options;
  const source = configurationSource(io, deps);
  const file = options.file === undefined ? undefined : expandPath(options.file, io.env);
  const tools = { serverName, providerAt };
  const report = await importConfiguration({ ...source, file, force, dryRun, tools });
  const { files, items, changed } = report;
  await render(io, {
    data: {
      files,
      changed,
      dry_run: dryRun,
      items: items.map((item) => ({ ...item, reason: item.reason ?? null })),
    },
    table: () =>
      table(
        io,
        [
          { header: 'SETTING', value: ({ setting }) => setting },
          {
            header: 'OUTCOME',
            value: ({ outcome }) => outcome,
            ink: ({ outcome }) => inks[outcome],
          },
          { header: 'FILE', value: (item) => item.file, shrinkTo: 12, cut: 'start' as const },
          { header: 'REASON', value: ({ reason }) => reason ?? '', shrinkTo: 20 },
        ],
        items,
      ),
  });
  const taken = items.filter(({ outcome }) => outcome === 'taken').length;
  const done = dryRun ? 'would be taken' : 'taken';
  note(io, `${count(taken, 'setting')} ${done} from ${files.join(' and ')}.`);
  if (changed && !dryRun) note(io, "See the logins with 'skaha auth ls'.");
  return undefined;
};
