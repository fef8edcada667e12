// @ts-check
// The floors of the library, ground first: a room imports only from floors below its own.
// A room is a folder or a file directly under packages/skaha/src.

/** @type {readonly (readonly string[])[]} */
export const floors = [
  ['errors', 'version'],
  ['utils', 'helpers'],
  ['models'],
  ['transport', 'config', 'wire'],
  ['auth', 'discovery'],
  ['hooks'],
  ['runtime'],
  ['client'],
  ['images', 'context', 'overview', 'repository', 'storage'],
  // A create checks its bounds against what `context` and `repository` say.
  ['session', 'account'],
  ['batch'],
  // The class that brings the calls together; the folder `client` is the request function below.
  ['client.ts'],
  ['index'],
  ['sync', 'cli'],
];

/** What the runtime seam promises may be named, as types, by the rooms that build it. */
export const sharedTypes = 'runtime/types.ts';
export const sharedTypesFrom = ['transport', 'config', 'auth', 'discovery', 'hooks'];

/** The only places of the library that may import `node:` modules. */
export const nodeRooms = [
  /^account\//,
  /^auth\//,
  /^batch\/journal-file/,
  /^cli\//,
  /^config\//,
  /^discovery\//,
  /^storage\/files\//,
  /^sync\//,
  /^runtime\/(node|connection)\b/,
  /^transport\/node\b/,
];
