import { VospaceFault } from './fault.js';
import { namespace } from './node-document.js';
import { child, childrenOf, escapeXml, readXml } from './xml.js';

const core = 'ivo://ivoa.net/vospace/core#';

/** A protocol for a transfer; the client requests it, and the reply adds an address. */
export interface Protocol {
  readonly uri: string;
  readonly endpoint?: string | undefined;
  /** Undefined if the address needs no credential. */
  readonly securityMethod?: string | undefined;
}

/** The transfer that a client requests. */
export interface Transfer {
  readonly target: string;
  /** `pullFromVoSpace`, `pushToVoSpace`, or the destination of a move. */
  readonly direction: string;
  readonly view: string | undefined;
  readonly keepBytes: boolean | undefined;
  readonly protocols: readonly Protocol[];
  /** Whether to redirect to the address of the bytes at once. */
  readonly redirect: boolean;
}

/**
 * Parses the document of a transfer.
 *
 * @throws {VospaceFault} `InvalidArgument`
 */
export function readTransfer(bytes: Buffer): Transfer {
  const root = readXml(bytes);
  if (root.name !== 'transfer' || root.namespace !== namespace) {
    throw new VospaceFault('InvalidArgument', 'the document does not describe a transfer');
  }
  const targets = childrenOf(root, 'target');
  const direction = child(root, 'direction')?.text.trim();
  if (targets.length !== 1 || direction === undefined) {
    throw new VospaceFault('InvalidArgument', 'a transfer has one target and a direction');
  }
  const keepBytes = child(root, 'keepBytes')?.text.trim();
  return {
    target: targets[0]?.text.trim() ?? '',
    direction,
    view: child(root, 'view')?.attributes.get('uri'),
    keepBytes: keepBytes === undefined ? undefined : /^(?:true|1)$/i.test(keepBytes),
    redirect: false,
    protocols: childrenOf(root, 'protocol').flatMap((protocol) => {
      const uri = protocol.attributes.get('uri') ?? '';
      const methods = childrenOf(protocol, 'securityMethod').map(
        ({ attributes }) => attributes.get('uri') ?? '',
      );
      return methods.length === 0
        ? [{ uri }]
        : methods.map((securityMethod) => ({ uri, securityMethod }));
    }),
  };
}

/**
 * Parses the parameters of a transfer, which may be sent instead of a document.
 *
 * @throws {VospaceFault} `InvalidArgument`
 */
export function transferOf(parameters: URLSearchParams): Transfer {
  const values = new Map([...parameters].map(([name, value]) => [name.toUpperCase(), value]));
  const [target, direction] = [values.get('TARGET'), values.get('DIRECTION')];
  if (target === undefined || direction === undefined) {
    throw new VospaceFault('InvalidArgument', 'TARGET and DIRECTION are needed');
  }
  const uri = values.get('PROTOCOL');
  const securityMethod = values.get('SECURITYMETHOD');
  const keep = values.get('KEEPBYTES');
  return {
    target,
    direction,
    view: values.get('VIEW'),
    keepBytes: keep === undefined ? undefined : /^(?:true|1)$/i.test(keep),
    redirect: values.get('REQUEST') === 'redirect',
    protocols: uri === undefined ? [] : [{ uri, securityMethod }],
  };
}

/** Whether a protocol fits a direction; the older names without TLS mean those with TLS. */
export const fits = ({ uri }: Protocol, direction: 'read' | 'write'): boolean =>
  (direction === 'read' ? ['httpsget', 'httpget'] : ['httpsput', 'httpput'])
    .map((name) => `${core}${name}`)
    .includes(uri);

/** The protocols if a client names none. */
export const usualProtocol = (direction: 'read' | 'write'): Protocol => ({
  uri: `${core}${direction === 'read' ? 'httpsget' : 'httpsput'}`,
});

function protocolXml({ uri, endpoint, securityMethod }: Protocol): string {
  const address =
    endpoint === undefined ? '' : `<vos:endpoint>${escapeXml(endpoint)}</vos:endpoint>`;
  const method =
    securityMethod === undefined ? '' : `<vos:securityMethod uri="${escapeXml(securityMethod)}"/>`;
  return `<vos:protocol uri="${escapeXml(uri)}">${address}${method}</vos:protocol>`;
}

/** The document of a transfer. */
export function transferDocument(transfer: Omit<Transfer, 'redirect'>): string {
  const { target, direction, view, keepBytes, protocols } = transfer;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<vos:transfer xmlns:vos="${namespace}" version="2.1">`,
    `<vos:target>${escapeXml(target)}</vos:target>`,
    `<vos:direction>${escapeXml(direction)}</vos:direction>`,
    view === undefined ? '' : `<vos:view uri="${escapeXml(view)}"/>`,
    ...protocols.map(protocolXml),
    keepBytes === undefined ? '' : `<vos:keepBytes>${keepBytes}</vos:keepBytes>`,
    '</vos:transfer>\n',
  ].join('');
}
