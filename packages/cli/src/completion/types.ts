/** A word that would fit, and what it stands for. */
export interface Candidate {
  value: string;
  description?: string | undefined;
}

/** What may stand at a place, where the definitions alone do not tell. */
export type Source =
  | 'aliases'
  | 'contexts'
  | 'cores'
  | 'files'
  | 'folders'
  | 'gpus'
  | 'images'
  | 'clusters'
  | 'jobs'
  | 'memory'
  | 'places'
  | 'providers'
  | 'registries'
  | 'runners'
  | 'servers'
  | 'sessionNames'
  | 'sessions'
  | 'settings'
  | 'waitStates';

/** What the word under the cursor may become. */
export interface Target {
  /** What the definitions offer. */
  candidates: readonly Candidate[];
  /** What is looked up besides. */
  source?: Source | undefined;
  /** Stands before each candidate, as `--kind=` in `--kind=note`. */
  prefix: string;
  /** What has been typed of it, without the prefix. */
  typed: string;
  /** Values of the common options given before, by key. */
  globals: Readonly<Record<string, string>>;
  /** The words before it that are no options. */
  words?: readonly string[] | undefined;
}
