import { sessionStatuses } from '@skaha/wire/kinds.js';

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

/** By what stands for a value in help. */
const byValue: Readonly<Record<string, Source>> = {
  CLUSTER: 'clusters',
  DIR: 'folders',
  FILE: 'files',
  IDP: 'providers',
  IMAGE: 'images',
  BATCH: 'jobs',
  LINK: 'places',
  PLACE: 'places',
  KEY: 'settings',
  'KEY VALUE | KEY=VALUE': 'settings',
  SERVER: 'servers',
  SOURCE: 'places',
  'SOURCE... TARGET': 'places',
  TARGET: 'places',
  SESSION: 'sessions',
  STATE: 'waitStates',
};

/** Where the same word stands for different things: by command and key. */
const byPlace: Readonly<Record<string, Source>> = {
  'alias rm names': 'aliases',
  'alias set name': 'aliases',
  'auth use server': 'servers',
  'config get key': 'settings',
  'context rm name': 'contexts',
  'context show name': 'contexts',
  'context use name': 'contexts',
  'create cpu': 'cores',
  'create gpu': 'gpus',
  'create memory': 'memory',
  'login server': 'servers',
  'platform start runner': 'runners',
  'prune selector': 'sessionNames',
  'registry logout host': 'registries',
  'server rm name': 'servers',
};

const byGlobal: Readonly<Record<string, Source>> = {
  ca: 'files',
  certificate: 'files',
  config: 'files',
  context: 'contexts',
  idp: 'providers',
  logFile: 'files',
  server: 'servers',
  tokenFile: 'files',
};

const lookUp = (table: Readonly<Record<string, Source>>, name: string): Source | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** Where the values of an argument or an option of a command come from. */
export const sourceOf = (command: string, key: string, value: string): Source | undefined =>
  lookUp(byPlace, `${command} ${key}`) ?? lookUp(byValue, value);

/** Where the values of an option come from that every command takes. */
export const globalSource = (key: string): Source | undefined => lookUp(byGlobal, key);

/** What sessions are waited for; a status may stand there as well. */
export const waitStates = [
  'running',
  'completed',
  'finished',
  'deleted',
  'expired',
  ...sessionStatuses.map((status) => `status=${status}`),
] as const;
