/** The forms in which data is printed. */
export const outputFormats = [
  'table',
  'wide',
  'json',
  'yaml',
  'jsonl',
  'name',
  'csv',
  'tsv',
  'columns',
  'template',
] as const;

/** A form in which data is printed. */
export type OutputFormat = (typeof outputFormats)[number];
