// Which package and which layer may import which. `npm run check` runs dependency-cruiser with these
// rules over all packages; imports of types count, too.

import { readdirSync } from 'node:fs';

/** The layers of the library, lowest first: a folder or file imports only from lower layers. */
const clientLayers = [
  ['errors', 'version.ts'],
  ['utils', 'helpers'],
  ['models'],
  ['transport', 'config', 'wire.ts'],
  ['auth', 'discovery'],
  ['hooks'],
  ['runtime'],
  ['client'],
  ['images.ts', 'context.ts', 'overview.ts', 'repository.ts', 'forward.ts'],
  // A create checks its bounds against what `context` and `repository` say.
  ['session', 'account', 'storage'],
  ['batch'],
  ['cluster', 'history.ts'],
  // The class that brings the calls together; the folder `client` is the request function below.
  ['client.ts'],
  ['index.ts'],
  ['sync'],
];

const placed = clientLayers.flat();
for (const name of readdirSync(new URL('packages/client/src', import.meta.url)))
  if (!placed.includes(name)) throw new Error(`packages/client/src/${name} is in no layer.`);

/** The only places of the library that may import `node:` modules. */
const nodeParts = [
  'account/',
  'auth/',
  'batch/journal-file',
  'config/',
  'discovery/',
  'history\\.ts',
  'sync/',
  'runtime/(node|connection)\\b',
  'storage/files/',
  'transport/node\\b',
];

const client = '^packages/client/src/';
const pattern = (/** @type {string} */ name) =>
  name.endsWith('.ts') ? name.replace('.', '\\.') : `${name}/`;
const either = (/** @type {readonly string[]} */ names) => `(?:${names.join('|')})`;

const layerRules = clientLayers.map((parts, level) => {
  const below = clientLayers.slice(0, level).flat();
  return parts.map((name) => ({
    name: `client-layer-${name}`,
    comment: `${name} imports only from lower layers`,
    severity: 'error',
    from: { path: `${client}${pattern(name)}` },
    to: {
      path: client,
      pathNot: [
        `${client}${either([name, ...below].map(pattern))}`,
        // The types of the runtime's interface may be imported by the parts that build it.
        ...(/^(transport|config|auth|discovery|hooks)$/.test(name)
          ? [`${client}runtime/types\\.ts$`]
          : []),
      ],
    },
  }));
});

/** What each package may import of the others. */
const packages = {
  base: [],
  wire: [],
  terminal: ['base'],
  client: ['base', 'wire'],
  dashboard: ['base', 'wire'],
  cli: ['base', 'terminal', 'wire', 'client', 'dashboard', 'platform'],
  // What the platform is made of: the engine knows neither who runs sessions nor who asks.
  service: ['base'],
  engine: ['base', 'wire', 'service'],
  identity: ['base', 'service'],
  'platform-local': ['base', 'service', 'engine'],
  'platform-kubernetes': ['base', 'wire', 'service', 'engine'],
  'platform-postgres': ['base', 'service', 'engine'],
  platform: [
    'base',
    'wire',
    'service',
    'engine',
    'identity',
    'platform-local',
    'platform-postgres',
    'dashboard',
  ],
};

const packageRules = Object.entries(packages).map(([name, allowed]) => ({
  name: `package-${name}`,
  comment: `${name} imports only from ${allowed.join(', ') || 'no other package'}`,
  severity: 'error',
  from: { path: `^packages/${name}/src/` },
  to: { path: '^packages/', pathNot: [`^packages/${either([name, ...allowed])}/`] },
}));

/** What programs may import of the library; the command is one of them. */
const entries = [
  'forward',
  'index',
  'wire',
  'account/index',
  'batch/index',
  'batch/journal-files',
  'cluster/index',
  'config/index',
  'helpers/distributed',
  'history',
  'storage/index',
  'storage/files/index',
  'sync/index',
];

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'modules that import each other are one module',
      severity: 'error',
      from: { path: '^packages/' },
      to: { circular: true },
    },
    {
      name: 'command-asks-by-entries',
      comment: 'the command imports of the library what every program may',
      severity: 'error',
      from: { path: '^packages/cli/src/' },
      to: { path: client, pathNot: [`${client}${either(entries)}\\.ts$`] },
    },
    {
      name: 'command-knows-the-platform-in-one-place',
      comment:
        'the platform is another installation: one module has its types, and loads it on demand',
      severity: 'error',
      from: {
        path: '^packages/cli/src/',
        pathNot: ['^packages/cli/src/commands/platform/module\\.ts$'],
      },
      to: { path: '^packages/platform/src/' },
    },
    {
      name: 'command-asks-the-platform-by-its-entry',
      severity: 'error',
      from: { path: '^packages/cli/src/' },
      to: { path: '^packages/platform/src/', pathNot: ['^packages/platform/src/index\\.ts$'] },
    },
    {
      name: 'account-nouns-know-themselves',
      comment:
        'what logins, servers, contexts and settings share is beside their folders, not in one of them',
      severity: 'error',
      from: { path: '^packages/cli/src/commands/(auth|config|context|registry|server)/' },
      to: {
        path: '^packages/cli/src/commands/[^/]+/',
        pathNot: [
          '^packages/cli/src/commands/$1/',
          // The password of a platform on this machine.
          '^packages/cli/src/commands/platform/module\\.ts$',
        ],
      },
    },
    {
      name: 'no-unresolved',
      severity: 'error',
      from: { path: '^packages/' },
      to: {
        couldNotResolve: true,
        pathNot: [
          '^#runtime$',
          '^skaha-platform(-kubernetes)?$',
          // What it exports as its types has a name that does not exist.
          '^@modelcontextprotocol/sdk/',
          // The build makes it of `scripts/bundle/packs.cjs`.
          '^\\.\\./dist/command/packs\\.js$',
        ],
      },
    },
    ...packageRules,
    {
      name: 'adapters-know-ports',
      comment: 'what runs sessions or keeps them knows the engine by its ports only',
      severity: 'error',
      from: { path: '^packages/platform-[\\w-]+/src/' },
      to: { path: '^packages/engine/src/', pathNot: ['^packages/engine/src/ports/'] },
    },
    ...layerRules.flat(),
    {
      name: 'client-runs-anywhere',
      comment: 'only some parts of the library may need Node',
      severity: 'error',
      from: { path: client, pathNot: [`${client}${either(nodeParts)}`] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'http-knows-no-proxy',
      comment: 'the API has no knowledge of how pages are passed on',
      severity: 'error',
      from: { path: '^packages/engine/src/http/' },
      to: { path: '^packages/engine/src/proxy/' },
    },
    {
      name: 'sessions-and-storage-apart',
      comment: 'what runs sessions and what serves files share only the room `disk`',
      severity: 'error',
      from: { path: '^packages/engine/src/(orchestration|vospace)/' },
      to: {
        path: '^packages/engine/src/(orchestration|vospace)/',
        pathNot: ['^packages/engine/src/$1/'],
      },
    },
    {
      name: 'sessions-do-nothing',
      comment: 'the domain of the platform does no input or output',
      severity: 'error',
      from: { path: '^packages/engine/src/sessions/' },
      to: {
        dependencyTypes: ['core'],
        pathNot: ['^(node:)?(crypto|util|buffer)$'],
      },
    },
    {
      name: 'sessions-know-themselves',
      comment: 'the domain imports nothing of the engine that could do input or output for it',
      severity: 'error',
      from: { path: '^packages/engine/src/sessions/' },
      to: {
        path: '^packages/(engine|service|base)/src/',
        pathNot: [
          '^packages/engine/src/(sessions/|settings\\.ts$|oddities\\.ts$)',
          '^packages/engine/src/images/catalogue\\.ts$',
        ],
      },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '/dist/'] },
    includeOnly: undefined,
    // Its parser knows no JSX: `packages/dashboard/biome.json` has the import rules of the pages.
    exclude: { path: ['/tests/', '\\.d\\.ts$', '^packages/dashboard/app/'] },
    parser: 'swc',
    webpackConfig: { fileName: './scripts/lib/resolution.mjs' },
    combinedDependencies: true,
  },
};
