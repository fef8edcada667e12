import type { DataFields, Field } from './field.js';
import type { Filter } from './filter.js';
import type { OutputFormat } from './formats.js';
import type { SortKey } from './sort.js';
import type { Template } from './template.js';

/** One column of `-o columns=…`. */
export interface ChosenColumn {
  header: string;
  field: Field;
}

/** How the user wants the data: which of it, in which order and form. */
export interface OutputRequest {
  format: OutputFormat;
  /** Of `-o columns=…`. */
  columns?: readonly ChosenColumn[] | undefined;
  /** Of `-o template=…`. */
  template?: Template | undefined;
  /** Only these fields of each item; all when undefined. */
  fields?: readonly Field[] | undefined;
  /** All of them must be met. */
  filters: readonly Filter[];
  sortBy: readonly SortKey[];
  /** At most this many items. */
  limit?: number | undefined;
  /** Whether tables begin with a line of headings. */
  headers: boolean;
  /** What the command's data holds. */
  known?: DataFields | undefined;
}

/** The data as the command has it. */
export const plainRequest: OutputRequest = {
  format: 'table',
  filters: [],
  sortBy: [],
  headers: true,
};
