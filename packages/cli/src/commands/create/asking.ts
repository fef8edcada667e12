import { type Io, note } from '@skaha/terminal/io.js';
import { count } from '@skaha/terminal/output/text.js';
import { age } from '@skaha/terminal/output/time.js';
import type { Option, Prompts } from '@skaha/terminal/prompts/types.js';
import { UsageError } from '@skaha/terminal/usage.js';
import { launchableKinds } from '@skaha/wire/kinds.js';
import { type ImageInfo, platformSizes, type Resources, usualImage } from 'skaha';
import type { LaunchRecord } from 'skaha/history';
import type { Deps } from '../../deps.js';
import { askLimits } from '../server/kept-limits.js';
import { withoutRegistry } from '../session/view.js';
import { chooseName } from './choices.js';
import type { CreateCommandOptions } from './options.js';

/** What somebody launches again and again. */
interface Favourite {
  /** What it takes to launch it again. */
  options: Pick<CreateCommandOptions, 'command' | 'cpu' | 'gpu' | 'image' | 'kind' | 'memory'>;
  times: number;
  last: Date;
}

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
    kind,
    image,
    command: words,
    cpu: text(cpu),
    memory: text(memory),
    gpu: typeof gpu === 'number' ? gpu : undefined,
  };
}

/**
 * The launches that were made most often, of as many the latest first.
 *
 * @param records - oldest first
 */
function favourites(records: readonly LaunchRecord[], most: number): Favourite[] {
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
const timesText = ({ times, last }: Favourite, now: number): string =>
  `launched ${count(times, 'time')}, last ${age(last, now)} ago`;

const mostFavourites = 5;

const kindHints: Readonly<Record<string, string>> = {
  notebook: 'JupyterLab, in the browser',
  desktop: 'a Linux desktop, in the browser',
  carta: 'CARTA, a viewer for images and cubes',
  contributed: 'a web app from the community',
  firefly: 'Firefly, a viewer for catalogues and images',
  headless: 'a command that runs to its end',
};

const plainWord = /^[\w@%+=:,./-]+$/;

/** A word as a shell reads it. */
const quoted = (word: string): string =>
  plainWord.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** The command line that launches the same. */
export function commandLine(options: CreateCommandOptions): string {
  const { kind = '', image = '', name, cpu, memory, gpu, sh, command } = options;
  const given: [string, string | number | undefined][] = [
    ['-n', name],
    ['-c', cpu],
    ['-m', memory],
    ['-g', gpu],
    ['--sh', sh],
  ];
  const words = given.flatMap(([flag, value]) => (value === undefined ? [] : [flag, `${value}`]));
  const rest = command.length === 0 ? [] : ['--', ...command];
  return ['skaha', 'create', kind, image, ...words, ...rest].map(quoted).join(' ');
}

const described = ({ options: { kind, image, cpu, memory, gpu, command = [] } }: Favourite) => {
  const size = [
    ...(cpu === undefined ? [] : [count(Number(cpu), 'core')]),
    ...(memory === undefined ? [] : [`${memory} GiB`]),
    ...(gpu === undefined ? [] : [count(Number(gpu), 'GPU')]),
  ];
  const what = [`${kind} ${withoutRegistry(image)}`, ...size].join(', ');
  return command.length === 0 ? what : `${what}: ${command.join(' ')}`;
};

class Asking {
  readonly #io: Io;
  readonly #deps: Deps;
  readonly #prompts: Prompts;

  constructor(io: Io, deps: Deps, prompts: Prompts) {
    this.#io = io;
    this.#deps = deps;
    this.#prompts = prompts;
  }

  #choose(question: string, options: readonly Option[]): Promise<string> {
    return this.#prompts.choose(question, options, this.#io.signal);
  }

  /** One of what was launched most; undefined for something else. */
  async favourite(): Promise<Favourite | undefined> {
    const log = await this.#deps.launches().catch(() => undefined);
    const found = favourites((await log?.read().catch(() => [])) ?? [], mostFavourites);
    if (found.length === 0) return undefined;
    const now = this.#deps.now();
    const chosen = await this.#choose('What do you want to launch?', [
      ...found.map((one, index) => ({
        value: String(index),
        label: described(one),
        hint: timesText(one, now),
      })),
      { value: '', label: 'Something else' },
    ]);
    return chosen === '' ? undefined : found[Number(chosen)];
  }

  async kind(images: readonly ImageInfo[]): Promise<string> {
    const kinds = launchableKinds.filter((kind) =>
      images.some(({ types }) => types.includes(kind)),
    );
    return this.#choose(
      'What kind of session?',
      kinds.map((kind) => ({ value: kind, label: kind, hint: kindHints[kind] })),
    );
  }

  /** Found by a part of its name; the usual one stands first. */
  async image(kind: string, images: readonly ImageInfo[]): Promise<string> {
    const usual = usualImage(kind, images);
    const fitting = images
      .filter(({ types }) => types.includes(kind))
      .sort((a, b) => Number(b.id === usual) - Number(a.id === usual) || (a.id < b.id ? -1 : 1));
    const [only, ...more] = fitting;
    if (only !== undefined && more.length === 0) return only.id;
    return this.#prompts.search(
      'Which image?',
      fitting.map(({ id }) => ({ value: id, label: withoutRegistry(id) ?? id })),
      this.#io.signal,
    );
  }

  async command(): Promise<Pick<CreateCommandOptions, 'command' | 'sh'>> {
    const line = await this.#prompts.text('What should it run?', this.#io.signal);
    const words = line.split(/\s+/);
    // What only a shell understands goes to one.
    return words.every((word) => plainWord.test(word) && !/^\w+=/.test(word))
      ? { command: words }
      : { command: [], sh: line };
  }

  async size(resources: Resources): Promise<Pick<CreateCommandOptions, 'cpu' | 'memory'>> {
    const chosen = await this.#choose('What size?', [
      { value: 'flexible', label: 'flexible', hint: 'starts soonest; shares what is free' },
      { value: 'fixed', label: 'fixed' },
    ]);
    if (chosen === 'flexible') return {};
    const amount = (
      question: string,
      { options }: Resources['cores'],
      label: (amount: number) => string,
    ) =>
      this.#choose(
        question,
        options.map((each) => ({ value: `${each}`, label: label(each) })),
      );
    const cpu = await amount('How many cores?', resources.cores, (each) => count(each, 'core'));
    const memory = await amount('How much memory?', resources.memoryGiB, (each) => `${each} GiB`);
    return { cpu, memory };
  }

  async name(kind: string): Promise<string> {
    const usual = await chooseName(this.#io, this.#deps, kind);
    return this.#prompts.text('What should it be called?', this.#io.signal, usual);
  }
}

async function answers(
  io: Io,
  deps: Deps,
  options: CreateCommandOptions,
): Promise<CreateCommandOptions> {
  const asking = new Asking(io, deps, await deps.prompts());
  const favourite = await asking.favourite();
  if (favourite !== undefined) return { ...options, ...favourite.options };
  const client = await deps.client();
  const images = await client.images.details({ signal: io.signal });
  const kind = await asking.kind(images);
  const image = await asking.image(kind, images);
  const isOpen = options.script === undefined && options.sh === undefined;
  const runs = kind === 'headless' && isOpen ? await asking.command() : {};
  const isSized = options.flex || options.fixed || (options.cpu ?? options.memory) !== undefined;
  const size = isSized || platformSizes(kind) ? {} : await asking.size(await askLimits(io, deps));
  const name = options.name ?? (await asking.name(kind));
  return { ...options, kind, image, ...runs, ...size, name };
}

/**
 * Asks what to launch, where nothing was said and somebody is there to answer, and prints the command
 * that launches the same.
 *
 * @throws {UsageError} command.cancelled
 */
export async function askLaunch(
  io: Io,
  deps: Deps,
  options: CreateCommandOptions,
): Promise<CreateCommandOptions> {
  const chosen = await answers(io, deps, options).catch((error: unknown) => {
    const isCancelled =
      error instanceof Error && 'code' in error && error.code === 'command.cancelled';
    if (!isCancelled) throw error;
    throw new UsageError('command.cancelled', 'Cancelled.', { hint: 'Nothing was launched.' });
  });
  note(io, `The same as a command: ${commandLine(chosen)}`);
  return chosen;
}
