import { count } from '@skaha/terminal/output/text.js';
import { age } from '@skaha/terminal/output/time.js';
import type { LaunchRecord } from './history.js';
import type { CreateCommandOptions } from './options.js';

/** What somebody launches again and again. */
export interface Favourite {
  /** What it takes to launch it again. */
  options: Pick<CreateCommandOptions, 'command' | 'cpu' | 'gpu' | 'image' | 'kind' | 'memory'>;
  times: number;
  last: Date;
}

/** An image with the tag that it has when none is written. */
export const withTag = (image: string): string =>
  image.lastIndexOf(':') > image.lastIndexOf('/') ? image : `${image}:latest`;

const text = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;

/** The single sessions among launches: batches, and what holds variables, are relaunched instead. */
function optionsOf({ specification, rows, withheld, total }: LaunchRecord) {
  const { kind, image, cpu, memory, gpu, command, env, array } = specification;
  const isPlain = total === 1 && rows === undefined && withheld.length === 0;
  if (!isPlain || env !== undefined || array !== undefined) return undefined;
  if (typeof kind !== 'string' || typeof image !== 'string') return undefined;
  const words = Array.isArray(command) ? command.map(String) : [];
  // A script that was packed up is nothing to read.
  if (words[0] === 'sh' && words[1] === '-c') return undefined;
  return {
    ...{ kind, image, command: words, cpu: text(cpu), memory: text(memory) },
    gpu: typeof gpu === 'number' ? gpu : undefined,
  };
}

/**
 * The launches that were made most often, of as many the latest first.
 *
 * @param records - oldest first
 */
export function favourites(records: readonly LaunchRecord[], most: number): Favourite[] {
  const found = new Map<string, Favourite>();
  for (const record of records) {
    const options = optionsOf(record);
    if (options === undefined) continue;
    const key = JSON.stringify(options);
    const times = (found.get(key)?.times ?? 0) + 1;
    found.set(key, { options, times, last: new Date(record.time) });
  }
  return [...found.values()]
    .sort((a, b) => b.times - a.times || b.last.getTime() - a.last.getTime())
    .slice(0, most);
}

/** `launched twice, last 3h ago` in the words of a list. */
export const timesText = ({ times, last }: Favourite, now: number): string =>
  `launched ${count(times, 'time')}, last ${age(last, now)} ago`;
