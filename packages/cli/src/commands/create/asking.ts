import { shellWord } from '@skaha/base/shell-word.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { count } from '@skaha/terminal/output/text.js';
import { age } from '@skaha/terminal/output/time.js';
import type { Prompts } from '@skaha/terminal/prompts/types.js';
import { launchableKinds } from '@skaha/wire/kinds.js';
import { type ImageInfo, platformSizes, type Resources, usualImage } from 'skaha';
import type { LaunchRecord } from 'skaha/history';
import type { Deps } from '../../environment/deps.js';
import { reworded } from '../../output/outcome.js';
import { toSkahaError } from '../../output/report.js';
import { askLimits } from '../limits.js';
import { withoutRegistry } from '../session/view.js';
import type { CreateCommandOptions } from './definitions.js';
import { chooseName } from './template.js';

/** What somebody launches again and again. */
interface Favourite {
  /** What it takes to launch it again. */
  options: Pick<CreateCommandOptions, 'command' | 'cpu' | 'gpu' | 'image' | 'kind' | 'memory'>;
  times: number;
  last: Date;
}

const mostFavourites = 5;

const text = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;

/** The single sessions among launches: batches, and what holds variables, are relaunched instead. */
function favouriteOptions(record: LaunchRecord): Favourite['options'] | undefined {
  const { specification, rows, withheld, total } = record;
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
function favourites(records: readonly LaunchRecord[]): Favourite[] {
  const found = new Map<string, Favourite>();
  for (const record of records) {
    const options = favouriteOptions(record);
    if (options === undefined) continue;
    const key = JSON.stringify(options);
    const times = (found.get(key)?.times ?? 0) + 1;
    found.set(key, { options, times, last: new Date(record.time) });
  }
  return [...found.values()]
    .sort((a, b) => b.times - a.times || b.last.getTime() - a.last.getTime())
    .slice(0, mostFavourites);
}

function favouriteLabel({ kind, image, cpu, memory, gpu, command }: Favourite['options']): string {
  const cores = cpu === undefined ? '' : `, ${count(Number(cpu), 'core')}`;
  const size = memory === undefined ? '' : `, ${memory} GiB`;
  const gpus = gpu === undefined ? '' : `, ${count(gpu, 'GPU')}`;
  const run = command.length === 0 ? '' : `: ${command.join(' ')}`;
  return `${kind} ${withoutRegistry(image)}${cores}${size}${gpus}${run}`;
}

/** One of what was launched most; undefined for something else. */
async function askFavourite(
  { signal }: Io,
  deps: Deps,
  prompts: Prompts,
): Promise<Favourite | undefined> {
  const log = await deps.launches().catch(() => undefined);
  const found = favourites((await log?.read().catch(() => [])) ?? []);
  if (found.length === 0) return undefined;
  const now = deps.now();
  const choices = found.map(({ options, times, last }, index) => ({
    value: String(index),
    label: favouriteLabel(options),
    hint: `launched ${count(times, 'time')}, last ${age(last, now)} ago`,
  }));
  const other = { value: '', label: 'Something else' };
  const chosen = await prompts.choose('What do you want to launch?', [...choices, other], signal);
  return chosen === '' ? undefined : found[Number(chosen)];
}

const kindHints: Readonly<Record<(typeof launchableKinds)[number], string>> = {
  notebook: 'JupyterLab, in the browser',
  desktop: 'a Linux desktop, in the browser',
  carta: 'CARTA, a viewer for images and cubes',
  contributed: 'a web app from the community',
  firefly: 'Firefly, a viewer for catalogues and images',
  headless: 'a command that runs to its end',
};

function askKind({ signal }: Io, prompts: Prompts, images: readonly ImageInfo[]): Promise<string> {
  const kinds = launchableKinds.filter((kind) => images.some(({ types }) => types.includes(kind)));
  const choices = kinds.map((kind) => ({ value: kind, label: kind, hint: kindHints[kind] }));
  return prompts.choose('What kind of session?', choices, signal);
}

/** Found by a part of its name; the usual one stands first. */
async function askImage(
  { signal }: Io,
  prompts: Prompts,
  kind: string,
  images: readonly ImageInfo[],
): Promise<string> {
  const usual = usualImage(kind, images);
  const fitting = images
    .filter(({ types }) => types.includes(kind))
    .sort((a, b) => Number(b.id === usual) - Number(a.id === usual) || (a.id < b.id ? -1 : 1));
  const [only, ...more] = fitting;
  if (only !== undefined && more.length === 0) return only.id;
  const choices = fitting.map(({ id }) => ({ value: id, label: withoutRegistry(id) ?? id }));
  return prompts.search('Which image?', choices, signal);
}

const plainWord = /^[\w@%+=:,./-]+$/;

async function askCommand(
  { signal }: Io,
  prompts: Prompts,
): Promise<Pick<CreateCommandOptions, 'command' | 'sh'>> {
  const line = await prompts.text('What should it run?', signal);
  const words = line.split(/\s+/);
  // What only a shell understands goes to one.
  return words.every((word) => plainWord.test(word) && !/^\w+=/.test(word))
    ? { command: words }
    : { command: [], sh: line };
}

async function askSize(
  io: Io,
  deps: Deps,
  prompts: Prompts,
): Promise<Pick<CreateCommandOptions, 'cpu' | 'memory'>> {
  const { cores, memoryGiB } = await askLimits(io, deps);
  const sizes = [
    { value: 'flexible', label: 'flexible', hint: 'starts soonest; shares what is free' },
    { value: 'fixed', label: 'fixed' },
  ];
  const chosen = await prompts.choose('What size?', sizes, io.signal);
  if (chosen === 'flexible') return {};
  const amounts = ({ options }: Resources['cores'], label: (amount: number) => string) =>
    options.map((amount) => ({ value: `${amount}`, label: label(amount) }));
  const byCores = amounts(cores, (amount) => count(amount, 'core'));
  const byMemory = amounts(memoryGiB, (amount) => `${amount} GiB`);
  const cpu = await prompts.choose('How many cores?', byCores, io.signal);
  const memory = await prompts.choose('How much memory?', byMemory, io.signal);
  return { cpu, memory };
}

async function askAll(
  io: Io,
  deps: Deps,
  options: CreateCommandOptions,
): Promise<CreateCommandOptions> {
  const prompts = await deps.prompts();
  const favourite = await askFavourite(io, deps, prompts);
  if (favourite !== undefined) return { ...options, ...favourite.options };
  const client = await deps.client();
  const images = await client.images.details({ signal: io.signal });
  const kind = await askKind(io, prompts, images);
  const image = await askImage(io, prompts, kind, images);
  const isOpen = options.script === undefined && options.sh === undefined;
  const command = kind === 'headless' && isOpen ? await askCommand(io, prompts) : {};
  const isSized = options.flex || options.fixed || (options.cpu ?? options.memory) !== undefined;
  const size = isSized || platformSizes(kind) ? {} : await askSize(io, deps, prompts);
  let { name } = options;
  if (name === undefined) {
    const usual = await chooseName(io, deps, kind);
    name = await prompts.text('What should it be called?', io.signal, usual);
  }
  return { ...options, kind, image, ...command, ...size, name };
}

/** The command line that launches the same. */
function commandLine(options: CreateCommandOptions): string {
  const { kind = '', image = '', command } = options;
  const given = {
    '-n': options.name,
    '-c': options.cpu,
    '-m': options.memory,
    '-g': options.gpu,
    '--sh': options.sh,
  };
  const words = Object.entries(given).flatMap(([flag, value]) =>
    value === undefined ? [] : [flag, `${value}`],
  );
  const rest = command.length === 0 ? [] : ['--', ...command];
  return ['skaha', 'create', kind, image, ...words, ...rest]
    .map((word) => (plainWord.test(word) ? word : shellWord(word)))
    .join(' ');
}

/**
 * Asks what to launch, where nothing was said and somebody is there to answer, and prints the command
 * that launches the same.
 *
 * @throws {SkahaError} command.cancelled
 */
export async function askLaunch(
  io: Io,
  deps: Deps,
  options: CreateCommandOptions,
): Promise<CreateCommandOptions> {
  const chosen = await askAll(io, deps, options).catch((error: unknown) => {
    const known = toSkahaError(error);
    if (known.code !== 'command.cancelled') throw error;
    throw reworded(known, { hint: 'Nothing was launched.' });
  });
  note(io, `The same as a command: ${commandLine(chosen)}`);
  return chosen;
}
