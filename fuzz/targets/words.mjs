// @ts-check
// What is typed, and what is sent to the local platform.
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { readFilter } from '../../packages/cli/dist/parse/filter.js';
import { program } from '../../packages/cli/dist/program.js';
import { parseArray } from '../../packages/client/dist/batch/items.js';
import { formatPath, parsePath, putAt, valueAt } from '../../packages/client/dist/config/dotted.js';
import { readEnvironment } from '../../packages/client/dist/config/environment.js';
import { completeImage, parseImageReference } from '../../packages/client/dist/models/image.js';
import { nameProblem } from '../../packages/client/dist/models/name.js';
import { parseFault } from '../../packages/engine/dist/faults/parse-fault.js';
import { withoutSecrets } from '../../packages/engine/dist/http/page-request.js';
import { queryParameters } from '../../packages/engine/dist/http/parameters.js';
import { readRegistryAuth } from '../../packages/engine/dist/sessions/create-request.js';
import { parseEnvironmentEntry, render } from '../../packages/engine/dist/sessions/text.js';
import { readNode } from '../../packages/engine/dist/vospace/node-document.js';
import { readTransfer } from '../../packages/engine/dist/vospace/transfer-document.js';
import { registrationBody } from '../../packages/identity/dist/oidc-wire.js';
import { outputOf } from '../../packages/platform-local/dist/container/log-frames.js';
import { findHierarchy } from '../../packages/platform-local/dist/limits/mounts.js';
import { expandAlias } from '../../packages/terminal/dist/aliases.js';
import { meets } from '../../packages/terminal/dist/output/filter.js';
import { readSortKeys, sorted } from '../../packages/terminal/dist/output/sort.js';
import { fillTemplate, readTemplate } from '../../packages/terminal/dist/output/template.js';
import { readCommandLine } from '../../packages/terminal/dist/parse/command-line.js';
import { formatDuration, parseDuration } from '../../packages/terminal/dist/parse/duration.js';
import { route } from '../../packages/terminal/dist/parse/route.js';
import { Finding } from '../lib/guard.mjs';
import { texts } from '../lib/inputs.mjs';
import { anyBytes } from './files.mjs';

const item = {
  id: 'ab12cd34',
  name: `fit-${'a'.repeat(200)}`,
  status: 'Running',
  kinds: ['notebook'],
};
const images = [
  'skaha/astroml:26.07',
  'images.canfar.net/skaha/astroml@sha256:0123456789abcdef0123456789abcdef',
];
const definitions = new Map(
  await Promise.all(
    program.commands.map(async (entry) => /** @type {const} */ ([entry.name, await entry.load()])),
  ),
);
const names = ['SKAHA_URL', 'SKAHA_TIMEOUT', 'SKAHA_CONCURRENCY', 'CANFAR_TOKEN', 'SKAHA_LOGLEVEL'];
const word = fc.oneof(
  fc.constantFrom(...program.commands.flatMap(({ name }) => name.split(' '))),
  fc.constantFrom(
    '--',
    '-',
    '-o',
    '--json',
    '-qv',
    '--output=',
    '--help',
    '-e',
    '--timeout',
    '__proto__',
    '',
  ),
  texts(
    ['--filter=status=Running', 'ab12cd34', '--cores=2', '--timeout', '1h30m'],
    ['--', '-', '='],
  ),
);

/** @type {readonly import('../lib/examine.mjs').Target[]} */
export const typed = [
  {
    name: 'command lines',
    inputs: fc.array(word, { maxLength: 8 }),
    read: (words) => {
      const found = route(words, program);
      if (found.to !== 'command') return;
      const definition = definitions.get(found.entry.name);
      if (definition !== undefined) readCommandLine(program, found.entry, definition, found.words);
    },
  },
  {
    name: 'image references',
    inputs: texts(images, ['@sha256:', ':', '/', 'localhost', 'a-', '__']),
    read: (/** @type {string} */ text) => {
      const reference = parseImageReference(text);
      if (reference === undefined) return;
      const whole = completeImage(reference);
      if (completeImage(parseImageReference(whole) ?? reference) !== whole)
        throw new Finding(`${whole} is not what it was`);
    },
  },
  {
    name: 'durations',
    inputs: texts(['1h30m', '90', '1.5d', '500ms'], ['h', 'ms', 's', '.']),
    read: (/** @type {string} */ text) => {
      const time = parseDuration(text);
      if (time === undefined) return;
      if (!(time >= 0)) throw new Finding(`it read ${time} ms`);
      if (Number.isFinite(time)) formatDuration(time);
    },
  },
  {
    name: 'arrays of items',
    inputs: texts(['1-10:2,15'], ['1-', ':', '999999999']),
    read: parseArray,
  },
  {
    name: 'filters',
    inputs: texts(
      ['status=Running,Pending', 'name=fit-*', 'kinds!=head?ess'],
      ['*a', '?', '!=', 'name='],
    ),
    read: (/** @type {string} */ text) => meets(item, readFilter(text, undefined)),
  },
  {
    name: 'orders',
    inputs: texts(['-startTime,name:desc', 'id'], [':', 'asc', '+']),
    read: (/** @type {string} */ text) =>
      sorted([item, { ...item, id: 'b' }], readSortKeys(text, undefined), (one) => one),
  },
  {
    name: 'templates',
    inputs: texts(['{{.id}}\\t{name}', '{.}'], ['{{', '}}', '{', '}', '\\', ' ', '{{ ']),
    read: (/** @type {string} */ text) =>
      fillTemplate(readTemplate(text, undefined), item, (shown) => shown),
  },
  {
    name: 'aliases',
    inputs: texts(['ps --filter "name=$1" $@', 'logs $$'], ['$1', '$9', '$@', '\\"']),
    read: (/** @type {string} */ text) => expandAlias(program, 'mine', text, ['a', 'b']),
  },
  {
    name: 'paths of settings',
    inputs: texts(
      ['contexts.canfar.server', 'registries."images.canfar.net".secret'],
      ['"', '.', '\\'],
    ),
    read: (/** @type {string} */ text) => {
      const path = parsePath(text);
      const root = { contexts: { canfar: { server: 'a' } }, list: [1] };
      valueAt(root, path);
      putAt(root, path, 'changed');
      if (formatPath(parsePath(formatPath(path))) !== formatPath(path))
        throw new Finding('it changed');
    },
  },
  {
    name: 'variables',
    inputs: fc.dictionary(
      fc.constantFrom(...names),
      texts(['https://h.example/skaha', '30', 'debug']),
    ),
    read: readEnvironment,
  },
  {
    name: 'names of sessions',
    inputs: texts(['fit-1'], ['-']),
    read: (text) => nameProblem(text, 3),
  },
];

const frame = Buffer.from([1, 0, 0, 0, 0, 0, 0, 3, 97, 98, 10]);
const refusals = ['Refusal'];

const xmlParts = [
  ...['<!DOCTYPE a [<!ENTITY b "c">]>', '&b;', '&#0;', '<![CDATA[', ']]>', ' xmlns:a=""'],
  ...['<vos:a>', '</vos:node>', ' xsi:nil="true"', ' __proto__="a"', '<!--', '<?a ?>'],
];

/** @type {readonly import('../lib/examine.mjs').Target[]} */
export const sent = [
  {
    name: 'parameters of requests',
    inputs: texts(
      ['name=a&Type=headless&env=A%3Db', 'name=a&NAME=b'],
      ['&', '=', '%', '%zz', 'env='],
    ),
    read: (/** @type {string} */ text) => {
      const parameters = queryParameters(text);
      parameters.get('name');
      for (const entry of parameters.all('env')) parseEnvironmentEntry(entry);
    },
    errors: refusals,
  },
  {
    name: 'values of jobs',
    inputs: texts(['a $1 $b \\" c'], ['$', '${', '\\']),
    read: render,
    errors: refusals,
  },
  {
    name: 'registry credentials',
    inputs: texts(['dXNlcjpzZWNyZXQ='], ['=', 'Og==', 'AAAA']),
    read: readRegistryAuth,
    errors: refusals,
  },
  {
    name: 'registrations of clients',
    inputs: texts(
      ['{"client_name":"a","redirect_uris":[]}'],
      ['"__proto__":{"a":1},', '[', 'null'],
    ),
    read: (/** @type {string} */ text) => registrationBody(Buffer.from(text)),
  },
  {
    name: 'nodes that clients send',
    inputs: texts(
      [
        `<vos:node xmlns:vos="http://www.ivoa.net/xml/VOSpace/v2.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="vos:ContainerNode" uri="vos://cadc.nrc.ca~arc/home/a" version="2.1"><vos:properties><vos:property uri="ivo://ivoa.net/vospace/core#ispublic">true</vos:property></vos:properties></vos:node>`,
      ],
      xmlParts,
    ),
    read: (/** @type {string} */ text) => readNode(Buffer.from(text), 'cadc.nrc.ca~arc'),
    errors: ['VospaceFault'],
  },
  {
    name: 'transfers that clients send',
    inputs: texts(
      [
        `<vos:transfer xmlns:vos="http://www.ivoa.net/xml/VOSpace/v2.0" version="2.1"><vos:target>vos://cadc.nrc.ca~arc/home/a/x</vos:target><vos:direction>pushToVoSpace</vos:direction><vos:protocol uri="ivo://ivoa.net/vospace/core#httpsput"/></vos:transfer>`,
      ],
      xmlParts,
    ),
    read: (/** @type {string} */ text) => readTransfer(Buffer.from(text)),
    errors: ['VospaceFault'],
  },
  {
    name: 'faults',
    inputs: texts(
      ['slow,delayMs=500,path=/skaha,first=3'],
      ['status-503', ',message=', ',every=', 'e9'],
    ),
    read: parseFault,
  },
  {
    name: 'addresses of pages',
    inputs: texts(
      ['/session/notebook/ab12cd34/lab?token=abc&x=1'],
      ['?', '&token=', '%2f', '/session/carta/'],
    ),
    read: (/** @type {string} */ text) => {
      if (/[?&]token=[^…&#]/.test(withoutSecrets(text)) && withoutSecrets(text) !== text)
        throw new Finding('the token is still there');
    },
  },
  {
    name: 'output of containers',
    inputs: fc.array(fc.oneof(fc.constant(frame), anyBytes), { maxLength: 6 }),
    read: async (chunks) => {
      for await (const _ of outputOf(Readable.from(chunks), 2));
    },
    errors: ['EngineError'],
  },
  {
    name: 'control groups',
    inputs: fc.tuple(
      texts(
        ['30 1 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n'],
        [' - ', ' ', '\\040', '\\999'],
      ),
      texts(['0::/user.slice\n'], ['::', '/', '..']),
    ),
    read: ([mounts, groups]) => findHierarchy({ mounts, groups }, ''),
  },
];
