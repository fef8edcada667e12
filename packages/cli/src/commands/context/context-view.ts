import type { Column } from '@skaha/terminal/output/table.js';
import type { ContextSummary } from 'skaha/config';

/** A context for programs; the names of its fields are a promise. */
export function contextDocument(context: ContextSummary) {
  const { name, active, server, url, version, credential, mode, path } = context;
  return {
    name,
    active,
    server,
    url: url ?? null,
    version: version ?? null,
    credential,
    mode: mode ?? null,
    path: path ?? null,
  };
}

/** The list of contexts for people. */
export const contextColumns: readonly Column<ContextSummary>[] = [
  { header: '', value: ({ active }) => (active ? '*' : '') },
  {
    header: 'NAME',
    value: ({ name }) => name,
    ink: ({ active }) => (active ? 'green' : undefined),
  },
  { header: 'SERVER', value: ({ url }) => url ?? '-', shrinkTo: 20 },
  { header: 'CREDENTIAL', value: ({ mode }) => mode ?? '-' },
  { header: 'FILE', value: ({ path }) => path ?? '-', shrinkTo: 12 },
];
