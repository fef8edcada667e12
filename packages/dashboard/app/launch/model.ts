import { computed, signal } from '@preact/signals';
import {
  type CreateOptions,
  type ImageInfo,
  planCreate,
  platformSizes,
  type RequestedKind,
  type Resources,
  scriptCommand,
  ValidationError,
} from 'skaha';
import { type BatchPlan, type BatchSpec, parseCsv, planBatch, type Row } from 'skaha/batch';
import { problemOf, sessionApi } from '../api.js';
import { sessions } from '../live.js';
import { t } from '../text.js';

/** A form as it stands: texts as they were typed. */
export interface Form {
  readonly kind: string;
  readonly image: string;
  readonly name: string;
  readonly isFixed: boolean;
  readonly cores: string;
  readonly memoryGiB: string;
  readonly gpus: string;
  readonly command: string;
  readonly script: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly many: 'one' | 'replicas' | 'table';
  readonly replicas: string;
  readonly table: string;
  readonly username: string;
  readonly secret: string;
}

const blank: Form = {
  kind: 'notebook',
  image: '',
  name: '',
  isFixed: false,
  cores: '',
  memoryGiB: '',
  gpus: '0',
  command: '',
  script: '',
  env: [],
  many: 'one',
  replicas: '4',
  table: '',
  username: '',
  secret: '',
};

/** How far the platform has said what it offers. */
export type Offered = 'known' | 'reading' | 'unknown';

export const form = signal<Form>(blank);
export const limitsAre = signal<Offered>('reading');
export const imagesAre = signal<Offered>('reading');
export const resources = signal<Resources | undefined>(undefined);
export const images = signal<readonly ImageInfo[]>([]);
export const registries = signal<readonly string[]>([]);

/** Changes the form. */
export function change(part: Partial<Form>): void {
  form.value = { ...form.value, ...part };
}

/** Puts the size that the platform suggests where nobody has chosen one. */
export function suggestSize(): void {
  const { cores, memoryGiB } = form.value;
  const offered = resources.value;
  if (offered === undefined || (cores !== '' && memoryGiB !== '')) return;
  change({
    cores: cores === '' ? String(offered.cores.default) : cores,
    memoryGiB: memoryGiB === '' ? String(offered.memoryGiB.default) : memoryGiB,
  });
}

/** Resets the form, except for what one would choose again. */
export function renewForm(): void {
  const { kind, image } = form.value;
  change({ ...blank, kind, image, name: suggestName(kind) });
  suggestSize();
}

/** A name that no session has. */
export function suggestName(kind: string): string {
  const taken = new Set([...sessions.value.values()].map(({ name }) => name));
  const isFree = (name: string) => !taken.has(name) && !taken.has(`${name}-1`);
  if (kind === 'headless') {
    const start = Math.floor(Math.random() * t.launch.names.length);
    const turned = [...t.launch.names.slice(start), ...t.launch.names.slice(0, start)];
    const free = turned.find(isFree);
    if (free !== undefined) return free;
  }
  for (let number = 1; ; number += 1) if (isFree(`${kind}${number}`)) return `${kind}${number}`;
}

/** What is wrong, by the name of the field. */
export type Problems = Readonly<Record<string, string>>;

/** What the form asks for. */
export interface RequestedLaunch {
  readonly spec: BatchSpec | undefined;
  readonly plan: BatchPlan | undefined;
  /** Rows of parameters, where there are any. */
  readonly rows: readonly Row[] | undefined;
  readonly problems: Problems;
}

const whole = (text: string): number => (/^\d{1,6}$/.test(text.trim()) ? Number(text) : Number.NaN);

/** The words of a command: quotes keep blanks together, as in a shell. */
export function wordsOf(text: string): string[] {
  const found = text.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g);
  return [...found].map(([, double, single, bare]) => double ?? single ?? bare ?? '');
}

function commandOf({ kind, command, script, env }: Form): Partial<CreateOptions> {
  if (kind !== 'headless') return {};
  const variables = Object.fromEntries(
    env.filter(({ name }) => name !== '').map(({ name, value }) => [name, value]),
  );
  const both = Object.keys(variables).length === 0 ? {} : { env: variables };
  if (script.trim() !== '') return { ...scriptCommand(script), ...both };
  const [cmd, ...args] = wordsOf(command);
  return cmd === undefined ? both : { cmd, ...(args.length === 0 ? {} : { args }), ...both };
}

function sizeOf({ kind, isFixed, cores, memoryGiB, gpus }: Form): Partial<CreateOptions> {
  const accelerators = whole(gpus) === 0 ? {} : { gpus: whole(gpus) };
  if (!isFixed || platformSizes(kind)) return accelerators;
  return { cores: whole(cores), memoryGiB: whole(memoryGiB), ...accelerators };
}

/** What one session of the form is. */
export function templateOf(given: Form): CreateOptions {
  const { kind, image, name, username, secret } = given;
  const isPrivate = username !== '' || secret !== '';
  return {
    kind: kind as RequestedKind,
    image: image.trim(),
    name: name.trim(),
    ...sizeOf(given),
    ...commandOf(given),
    ...(isPrivate ? { registryCredential: { username, secret } } : {}),
  };
}

function problemsOf(error: unknown): Problems {
  if (!(error instanceof ValidationError)) return { form: problemOf(error).message };
  const found: Record<string, string> = {};
  for (const { path, message } of error.issues) {
    const field = path.split(/[.[]/)[0] ?? 'form';
    found[field] ??= message;
  }
  return found;
}

/** What the fields themselves say, before anybody plans with them. */
function ownProblems({ username, secret, many, table }: Form): Record<string, string> {
  const found: Record<string, string> = {};
  if ((username === '') !== (secret === '')) {
    found['registryCredential'] = t.launch.bothNeeded;
  }
  if (many === 'table' && table.trim() === '') found['table'] = t.launch.tableMissing;
  return found;
}

/** What a form asks for, or what is wrong with it; nothing is sent. */
export function requestedBy(
  given: Form,
  offered: Resources | undefined,
  registry: string | undefined,
): RequestedLaunch {
  const { many, kind } = given;
  let rows: Row[] | undefined;
  const problems: Record<string, string> = ownProblems(given);
  const isTable = many === 'table' && kind === 'headless';
  try {
    if (isTable && given.table.trim() !== '') rows = parseCsv(`${given.table.trim()}\n`);
  } catch (error) {
    problems['table'] = problemOf(error).message;
  }
  try {
    const template = templateOf(given);
    const replicas = many === 'replicas' ? whole(given.replicas) : undefined;
    const plan = planCreate(
      { ...template, ...(replicas === undefined ? {} : { replicas }) },
      offered,
      registry,
    );
    const { signal: _, onCreated: __, ...rest } = template;
    const spec: BatchSpec = {
      ...rest,
      ...(replicas === undefined ? {} : { replicas }),
      ...(rows === undefined ? {} : { rows }),
    };
    const all = rows === undefined ? plan : planBatch(spec, offered, registry);
    return { spec, plan: all, rows, problems };
  } catch (error) {
    return {
      spec: undefined,
      plan: undefined,
      rows,
      problems: { ...problemsOf(error), ...problems },
    };
  }
}

/** What the form asks for now. */
export const requested = computed(() =>
  requestedBy(form.value, resources.value, registries.value[0]),
);

/** How many sessions that would be. */
export const total = computed(() => {
  const { rows, plan } = requested.value;
  return rows === undefined ? (plan?.requests.length ?? 1) : rows.length;
});

/** A word as a shell reads it. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** The command that does the same. */
export function commandLine(given: Form): string {
  const { kind, image, name, isFixed, cores, memoryGiB, gpus, many, replicas } = given;
  const parts = ['skaha', 'create', kind, image || 'IMAGE', '--name', name];
  if (isFixed && !platformSizes(kind))
    parts.push('--cpu', cores || 'N', '--memory', `${memoryGiB || 'N'}Gi`);
  if (whole(gpus) > 0) parts.push('--gpu', gpus);
  if (given.username !== '') parts.push('--registry-user', given.username);
  if (kind === 'headless') {
    for (const { name: variable, value } of given.env) {
      if (variable !== '') parts.push('--env', `${variable}=${value}`);
    }
    if (many === 'table') parts.push('--params', 'table.csv');
  }
  if (many === 'replicas') parts.push('--replicas', replicas);
  const line = parts.map(quoted).join(' ');
  if (kind !== 'headless') return line;
  if (given.script.trim() !== '') return `${line} --sh ${quoted(given.script.trim())}`;
  const command = wordsOf(given.command);
  return command.length === 0 ? line : `${line} -- ${command.map(quoted).join(' ')}`;
}

/** The request as it goes out, without what is secret. */
export function requestText(plan: BatchPlan): string {
  const [first] = plan.requests;
  const fields = (first?.form ?? []).map(([name, value]) => `${name}=${value}`);
  return [`POST ${sessionApi}/session`, '', ...fields].join('\n');
}
