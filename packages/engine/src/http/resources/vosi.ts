import { empty, type Reply, xml } from '@skaha/service/reply.js';
import { sessionCommandsId, sessionCommandsPath } from '@skaha/wire/session-commands.js';
import type { Site } from '../site.js';

const notStoring =
  'The database of the platform cannot be reached. Running sessions continue, but new ones are refused.';

const crlf = (text: string) => text.replace(/\n/g, '\r\n');

/**
 * `GET /availability` (Skaha API, 5.1).
 *
 * @param isStoring - whether new sessions can be accepted
 */
export function availabilityReply(
  detail: string | undefined,
  client: string,
  isStoring: boolean,
): Reply {
  if (detail === 'min') return empty();
  return xml(
    crlf(`<?xml version="1.0" encoding="UTF-8"?>
<vosi:availability xmlns:vosi="http://www.ivoa.net/xml/VOSIAvailability/v1.0">
  <vosi:available>${isStoring}</vosi:available>
  <vosi:note>${isStoring ? 'Skaha Service Available.' : notStoring}

Enabled Experimental Features:
 ExperimentalFeatures{featureGates={}}</vosi:note>
  <!--<clientip>${client}</clientip>-->
</vosi:availability>
`),
  );
}

const accessUrl = (use: 'base' | 'full', url: string) =>
  `      <accessURL use="${use}">${url}</accessURL>`;

function plain(id: string, url: string, version = ''): string {
  return `  <capability standardID="${id}">
    <interface xsi:type="vs:ParamHTTP" role="std"${version}>
${accessUrl('full', url)}
    </interface>
  </capability>`;
}

/** The three methods in the document of the real server. */
const deployed = ['cookie', 'tls-with-certificate', 'token'];

/**
 * One interface for each security method. A method that is not offered is removed, but its
 * interface stays, as on the real server (Skaha API, 5.2).
 */
function secured(id: string, url: string, methods: readonly string[]): string {
  const others = methods.filter((method) => !deployed.includes(method));
  const interfaces = [...deployed, ...others].map((method) => {
    const line = `      <securityMethod standardID="ivo://ivoa.net/sso#${method}" />\n`;
    return `    <interface xsi:type="vs:ParamHTTP" role="std" version="1.0">
${accessUrl('base', url)}
${methods.includes(method) ? line : ''}    </interface>`;
  });
  return `  <capability standardID="${id}">\n${interfaces.join('\n')}\n  </capability>`;
}

const logControl = 'vos://cadc.nrc.ca~vospace/CADC/std/Logging#control-1.0';

/**
 * `GET /capabilities` (Skaha API, 5.2), with the platform's own scheme, host and port. The real
 * document lists `v0` although no current server has it.
 */
export function capabilitiesReply(origin: string, { identity, settings }: Site): Reply {
  const controls = identity.advertised;
  if (controls.document !== undefined) return xml(controls.document);
  const { methods } = controls;
  const root = `${controls.origin ?? origin}/skaha`;
  const { apiVersions, oddities } = settings;
  const old = secured(
    'vos://cadc.nrc.ca~vospace/CADC/std/Proc#sessions-1.0',
    `${root}/v0`,
    methods,
  );
  const current = ['session', 'context', 'image', 'repository'].map((name) =>
    secured(`http://www.opencadc.org/std/platform#${name}-1`, `${root}/v1/${name}`, methods),
  );
  return xml(
    crlf(`<?xml version="1.0" encoding="UTF-8"?>
<vosi:capabilities xmlns:vosi="http://www.ivoa.net/xml/VOSICapabilities/v1.0" xmlns:vr="http://www.ivoa.net/xml/VOResource/v1.0" xmlns:vs="http://www.ivoa.net/xml/VODataService/v1.1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
${[
  plain('ivo://ivoa.net/std/VOSI#capabilities', `${root}/capabilities`),
  plain('ivo://ivoa.net/std/VOSI#availability', `${root}/availability`),
  plain(logControl, `${root}/logControl`, ' version="1.0"'),
  ...(apiVersions.includes('v0') || oddities.has('always-v0') ? [old] : []),
  ...(apiVersions.includes('v1') ? current : []),
  secured(sessionCommandsId, `${root}/${sessionCommandsPath}`, methods),
].join('\n')}
</vosi:capabilities>
`),
  );
}
