import type { BatchOptions, BatchSpec } from 'skaha/batch';
import type { CreateCommandOptions } from './options.js';
import type { StagedFiles } from './staging.js';

/** The options about what happens once the sessions are launched. */
export type AfterOptions = Pick<
  CreateCommandOptions,
  'attach' | 'notify' | 'open' | 'progress' | 'rm' | 'wait' | 'waitTimeout'
>;

/** One launch that is ready to be sent. */
export interface Launch {
  spec: BatchSpec;
  /** Name of its journal; made from the name of the sessions when it was not given. */
  job?: string | undefined;
  options: Omit<BatchOptions, 'journal' | 'onPlanned' | 'signal'>;
  /** Files that go along. */
  files?: StagedFiles | undefined;
  /** Whether it needs a journal: a single session without retries or files does not. */
  isBatch: boolean;
  /** Whether the user chose the name. */
  isNamed: boolean;
  after: AfterOptions;
}
