import { isDeepStrictEqual } from 'node:util';
import { entry } from '@skaha/base/names.js';
import type { Configuration } from '../schema.js';
import type { Found } from './found.js';

/**
 * One setting in a Python client's file, and what happened to it. It contains no value, so no
 * secret.
 */
export interface ImportItem {
  /** Path of the file it is in. */
  file: string;
  /** Where it is now, or would be, as a dotted path; for what is left out, where it stands there. */
  setting: string;
  /** `taken`, `kept` when there was a setting of that name already, or `left out`. */
  outcome: 'taken' | 'kept' | 'left out';
  reason: string | undefined;
}

/** How settings that exist are treated. */
export interface MergeRules {
  /** Replace settings of the same name. */
  force: boolean;
  /** Those that a newer file has given already; they are never replaced. */
  settled: ReadonlySet<string>;
}

const sections = ['credentials', 'servers', 'registries'] as const;

const quoted = (key: string): string => (key.includes('.') ? `"${key}"` : key);

/** Puts the settings of one file into a configuration. */
class Merge {
  readonly #file: string;
  readonly #draft: Configuration;
  readonly #rules: MergeRules;
  readonly items: ImportItem[] = [];

  constructor(file: string, draft: Configuration, rules: MergeRules) {
    this.#file = file;
    this.#draft = draft;
    this.#rules = rules;
  }

  record(setting: string, outcome: ImportItem['outcome'], reason?: string): void {
    this.items.push({ file: this.#file, setting, outcome, reason });
  }

  /** Whether a value may be put where another may be. */
  may(setting: string, present: unknown, wanted: unknown, reason?: string): boolean {
    const { force, settled } = this.#rules;
    const newer = settled.has(setting);
    const same = isDeepStrictEqual(present, wanted);
    if (present === undefined || (force && !newer && !same)) {
      this.record(setting, 'taken', reason);
      return true;
    }
    const exists = newer ? 'the newer file has it too' : 'a setting of that name exists';
    this.record(setting, 'kept', same ? 'it is the same' : exists);
    return false;
  }

  entries(found: Found): void {
    for (const section of sections) {
      const target: Record<string, unknown> = this.#draft[section];
      for (const [name, value] of Object.entries(found[section])) {
        if (this.may(`${section}.${quoted(name)}`, entry(target, name), value)) {
          target[name] = value;
        }
      }
    }
    const target: Record<string, unknown> = this.#draft.console;
    for (const [key, value] of Object.entries(found.console)) {
      if (this.may(`console.${key}`, entry(target, key), value)) target[key] = value;
    }
  }

  contexts({ contexts, active, activeReason }: Found): void {
    const renamed = new Map<string, string>();
    for (const [name, context] of Object.entries(contexts)) {
      const double = Object.entries(this.#draft.contexts).find(
        ([other, pair]) =>
          other !== name &&
          pair.server === context.server &&
          pair.credential === context.credential,
      )?.[0];
      const setting = `contexts.${name}`;
      if (double !== undefined) {
        renamed.set(name, double);
        this.record(setting, 'kept', `it is the same pair as the context '${double}'`);
      } else if (this.may(setting, entry(this.#draft.contexts, name), context)) {
        this.#draft.contexts[name] = { ...context };
      }
    }
    if (active === undefined) return;
    const name = renamed.get(active) ?? active;
    if (this.may('active', this.#draft.active ?? undefined, name, activeReason))
      this.#draft.active = name;
  }
}

/**
 * Puts what was found in one file into a configuration.
 *
 * @param draft - changed in place
 * @param found - what the file holds
 * @param file - its path, for the report
 * @param rules - how settings that exist are treated
 * @returns what became of each thing
 */
export function mergeFound(
  draft: Configuration,
  found: Found,
  file: string,
  rules: MergeRules,
): ImportItem[] {
  const merge = new Merge(file, draft, rules);
  merge.entries(found);
  merge.contexts(found);
  for (const { from, reason } of found.leftOut) merge.record(from, 'left out', reason);
  return merge.items;
}
