import { type Reply, xml } from './reply.js';

/** One entry of a capabilities document. */
export interface Capability {
  readonly id: string;
  readonly use: 'base' | 'full';
  readonly url: string;
  /** Names of security methods, without their prefix; empty for anonymous callers. */
  readonly methods?: readonly string[] | undefined;
}

function entry({ id, use, url, methods = [] }: Capability): string {
  const secured = methods.map((method) =>
    method === ''
      ? '\n      <securityMethod/>'
      : `\n      <securityMethod standardID="ivo://ivoa.net/sso#${method}"/>`,
  );
  return `  <capability standardID="${id}">
    <interface xsi:type="vs:ParamHTTP" role="std" version="1.0">
      <accessURL use="${use}">${url}</accessURL>${secured.join('')}
    </interface>
  </capability>`;
}

/** A capabilities document (IVOA VOSI) of a service, with the entries that all have. */
export function capabilitiesDocument(root: string, capabilities: readonly Capability[]): Reply {
  const common: Capability[] = ['capabilities', 'availability'].map((name) => ({
    id: `ivo://ivoa.net/std/VOSI#${name}`,
    use: 'full',
    url: `${root}/${name}`,
  }));
  return xml(`<?xml version="1.0" encoding="UTF-8"?>
<vosi:capabilities xmlns:vosi="http://www.ivoa.net/xml/VOSICapabilities/v1.0" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:vs="http://www.ivoa.net/xml/VODataService/v1.1">
${[...common, ...capabilities].map(entry).join('\n')}
</vosi:capabilities>
`);
}

/** An availability document (IVOA VOSI) of a running service. */
export const availabilityDocument = (note: string): Reply =>
  xml(`<?xml version="1.0" encoding="UTF-8"?>
<vosi:availability xmlns:vosi="http://www.ivoa.net/xml/VOSIAvailability/v1.0">
  <vosi:available>true</vosi:available>
  <vosi:note>${note}</vosi:note>
</vosi:availability>
`);
