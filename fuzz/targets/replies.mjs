// @ts-check
// What servers answer.
import fc from 'fast-check';
import { addressProblem } from '../../packages/base/dist/addresses.js';
import { firstLine, safeUrl } from '../../packages/base/dist/redact.js';
import { readRetryAfter } from '../../packages/base/dist/retry-after.js';
import { parseServerUrl } from '../../packages/base/dist/server-url.js';
import { chooseCapabilities } from '../../packages/client/dist/discovery/capabilities.js';
import { isDevelopment, serverName } from '../../packages/client/dist/discovery/names.js';
import {
  parseRegistry,
  platformEndpoints,
} from '../../packages/client/dist/discovery/registry-document.js';
import { refusal } from '../../packages/client/dist/hooks/refusals.js';
import { readAvailability } from '../../packages/client/dist/models/availability.js';
import { readCapabilities } from '../../packages/client/dist/models/capabilities.js';
import { parseEvents } from '../../packages/client/dist/models/events.js';
import { readImage } from '../../packages/client/dist/models/image.js';
import {
  parseCores,
  parseMemoryGiB,
  parseTime,
} from '../../packages/client/dist/models/quantity.js';
import { readResources } from '../../packages/client/dist/models/resources.js';
import { readPublicSession, readSession } from '../../packages/client/dist/models/session.js';
import { readStats } from '../../packages/client/dist/models/stats.js';
import { parseXml } from '../../packages/client/dist/models/xml.js';
import { LogTracker, overlap } from '../../packages/client/dist/session/log-tracker.js';
import { statedMd5 } from '../../packages/client/dist/storage/digest.js';
import {
  readEndpoints,
  readJob,
  readNode,
  readServices,
} from '../../packages/client/dist/storage/documents.js';
import { Finding } from '../lib/guard.mjs';
import { texts, values } from '../lib/inputs.mjs';

const folder = `<vos:node xmlns:vos="http://www.ivoa.net/xml/VOSpace/v2.0" version="2.1" uri="vos://cadc.nrc.ca~arc/home/ada" xsi:type="vos:ContainerNode">
  <vos:properties><vos:property uri="ivo://ivoa.net/vospace/core#length">10</vos:property></vos:properties>
  <vos:nodes><vos:node uri="vos://cadc.nrc.ca~arc/home/ada/x%20y" xsi:type="vos:DataNode"><vos:properties/></vos:node></vos:nodes>
</vos:node>`;
const transfer = `<vos:transfer version="2.1"><vos:target>vos://cadc.nrc.ca~arc/x</vos:target><vos:protocol uri="ivo://ivoa.net/vospace/core#httpsget"><vos:endpoint>https://host/arc/files/preauth:t/x</vos:endpoint></vos:protocol></vos:transfer>`;
const job = `<uws:job><uws:jobId>a</uws:jobId><uws:phase>ERROR</uws:phase><uws:errorSummary><uws:message>NodeNotFound</uws:message></uws:errorSummary></uws:job>`;

/** @param {() => unknown} read */
function attempt(read) {
  try {
    read();
  } catch (error) {
    // What is refused with a code is as good as what is read; the last reader is judged for all.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}

const capabilities = `<?xml version="1.0"?>
<vosi:capabilities xmlns:vosi="http://www.ivoa.net/xml/VOSICapabilities/v1.0">
  <capability standardID="http://www.opencadc.org/std/platform#session-1">
    <interface xsi:type="vs:ParamHTTP" role="std" version="1.0">
      <accessURL use="base">https://host.example/skaha/v1/session</accessURL>
      <securityMethod standardID="ivo://ivoa.net/sso#tls-with-certificate"/>
      <securityMethod standardID="ivo://ivoa.net/sso#token" />
    </interface>
  </capability>
</vosi:capabilities>`;
const availability = `<vosi:availability xmlns:vosi="http://www.ivoa.net/xml/VOSIAvailability/v1.0">
<vosi:available>true</vosi:available><vosi:upSince>2026-08-06T15:25:00.000Z</vosi:upSince>
<vosi:note>it works &amp; runs &#x41;</vosi:note><!-- so --></vosi:availability>`;
const xmlWords = [
  '<a>',
  '</a>',
  '<a b="',
  '<!--',
  '-->',
  '<![CDATA[',
  ']]>',
  '<?',
  '?>',
  '&amp;',
  '&#x',
]
  .concat(['<!DOCTYPE a [<!ENTITY x "y">]>', '&x;', 'xmlns:a=', '<accessURL use="base">', 'a:b'])
  .concat([
    '<capability standardID="http://www.opencadc.org/std/platform#session-1">',
    '/v1',
    '/>',
  ]);
const registry = `# servers
ivo://cadc.nrc.ca/skaha = https://ws-uv.canfar.net/skaha/capabilities
ivo://swesrc.chalmers.se/skaha=https://services.swesrc.chalmers.se/skaha/capabilities
`;
const events = `TYPE     REASON      MESSAGE                      FIRST-TIME            LAST-TIME
Normal   Scheduled   Successfully assigned        2026-08-06T15:25:01Z  <nil>
Warning  Failed      Error: a message
of two lines   2026-08-06T15:25:01Z  2026-08-06T15:25:02Z
`;
const addresses = [
  'https://host.example/skaha/v1',
  'http://[::1]:8080/skaha',
  'ivo://x.example/skaha',
];
const addressWords = [
  'https://',
  '@',
  '//',
  '/v1',
  '/v',
  '?',
  '#',
  '[',
  ']',
  '::1',
  ':443',
  '%2e%2e',
  '../',
];
const session = {
  ...{
    id: 'ab12cd34',
    userid: 'ada',
    runAsUID: '1000',
    supplementalGroups: [1, 2],
    image: 'a/b:1',
  },
  ...{ type: 'notebook', status: 'Running', name: 'fit', startTime: '2026-08-06T15:25Z' },
  ...{
    connectURL: 'https://x/',
    requestedRAM: '4.29',
    requestedCPUCores: '2',
    cpuCoresInUse: '43m',
  },
  ...{ gpuRAMInUse: '2G / 16G', gpuUtilization: '7 %', isFixedResources: 'true' },
};
const resources = {
  cores: { default: 1, defaultRequest: 1, defaultLimit: 8, options: [1, 2] },
  memoryGB: { default: 2, defaultRequest: 4, defaultLimit: 32, options: [1, 2] },
  gpus: { options: [0, 1] },
  maxInteractiveSessions: '3',
};
const stats = {
  cores: {
    requestedCPUCores: 1,
    cpuCoresAvailable: 8,
    maxCPUCores: { cpuCores: 8, withRam: '32G' },
  },
  ram: { requestedRAM: '2G', ramAvailable: '137.439G', maxRAM: { ram: '32G', withCPUCores: 8 } },
};
const log = '12:00:01 begin\n12:00:02 work\n12:00:03 work\n';
const quantities = [
  '2',
  '0.043',
  '250m',
  '8.59',
  '32Gi',
  '137.439G',
  '2026-08-06T15:25:01.123+02:00',
];

/** @type {readonly import('../lib/examine.mjs').Target[]} */
export const replies = [
  {
    name: 'registry documents',
    inputs: texts([registry], ['ivo://', 'https://', '/skaha', '/capabilities', ' = ']),
    read: (/** @type {string} */ text) =>
      platformEndpoints(parseRegistry(text)).map(({ uri, url }) => [
        ...[serverName(uri), isDevelopment(url), parseServerUrl(url)],
        addressProblem(url, { development: false }),
      ]),
  },
  {
    name: 'XML',
    inputs: texts([capabilities, availability], xmlWords),
    read: (text) => parseXml(text),
  },
  {
    name: 'storage documents',
    inputs: texts([folder, transfer, job, capabilities], xmlWords),
    read: (text) => {
      for (const read of [readEndpoints, readJob, readServices]) attempt(() => read(text));
      return readNode(text, '/home/ada');
    },
  },
  {
    name: 'checksums of replies',
    inputs: texts(
      ['md5=1B2M2Y8AsgTpgAmY7PhCfg==', 'd41d8cd98f00b204e9800998ecf8427e'],
      ['md5=', ','],
    ),
    read: (text) => statedMd5(() => text),
  },
  {
    name: 'capabilities',
    inputs: texts([capabilities], xmlWords),
    read: (/** @type {string} */ text) => [
      readCapabilities(text),
      chooseCapabilities(text, 'https://host.example/skaha'),
    ],
  },
  { name: 'availability', inputs: texts([availability], xmlWords), read: readAvailability },
  {
    name: 'event tables',
    inputs: texts(
      [events],
      ['TYPE  REASON ', '<nil>', '<unknown>', '2026-08-06T15:25:01Z', 'Normal '],
    ),
    read: parseEvents,
  },
  {
    name: 'logs',
    inputs: fc.tuple(texts([log]), texts([log])),
    read: ([before, after]) => {
      const tracker = new LogTracker();
      const [seen, next] = [Buffer.from(before), Buffer.from(after)];
      if (!seen.equals(tracker.advance(seen)))
        throw new Finding('it does not begin at the beginning');
      const fresh = tracker.advance(next);
      if (!next.subarray(next.length - fresh.length).equals(fresh))
        throw new Finding('it gave what was not there');
      const shared = overlap(before, after);
      if (!before.endsWith(after.slice(0, shared))) throw new Finding('the overlap is none');
    },
  },
  {
    name: 'sessions',
    inputs: values([session]),
    read: (value) => [readSession(value), readPublicSession(value)],
  },
  {
    name: 'images',
    inputs: values([{ id: 'h.example/a/b:1', types: ['notebook'] }]),
    read: readImage,
  },
  { name: 'resources', inputs: values([resources]), read: readResources },
  { name: 'load', inputs: values([stats]), read: readStats },
  {
    name: 'quantities and times',
    inputs: texts(quantities, ['Z', 'T', 'Gi', 'm', '+02:00', '.5']),
    read: (/** @type {string} */ text) => {
      for (const number of [parseCores(text), parseMemoryGiB(text, 'binary')]) {
        if (number !== undefined && !(number >= 0)) throw new Finding(`it read ${number}`);
      }
      const time = parseTime(text);
      if (time !== undefined && Number.isNaN(time.getTime())) throw new Finding('it read no time');
    },
  },
  {
    name: 'words of refusal',
    inputs: texts(
      ["session image 'a/b' must come from one of [h.example]", 'no'],
      ['one of [', ']'],
    ),
    read: (/** @type {string} */ text) => refusal(firstLine(text), { status: 400 }),
  },
  {
    name: 'times to wait',
    inputs: texts(['30', 'Wed, 21 Oct 2026 07:28:00 GMT'], ['GMT', 'Oct', '07:28']),
    read: (/** @type {string} */ text) => {
      const wait = readRetryAfter(text, 0);
      if (wait !== undefined && !(wait >= 0)) throw new Finding(`it waits ${wait} ms`);
    },
  },
  {
    name: 'addresses',
    inputs: texts(addresses, addressWords),
    read: (/** @type {string} */ text) => [
      ...[parseServerUrl(text), safeUrl(text), addressProblem(text, { development: true })],
    ],
  },
];
