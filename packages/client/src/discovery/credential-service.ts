import { addressProblem } from '@skaha/base/addresses.js';
import { SkahaError } from '../errors/index.js';
import { descendants, parseXml, type XmlElement } from '../models/xml.js';
import { type DiscoveryTools, fetchDocument } from './anonymous.js';
import type { IdentityProvider } from './providers.js';
import { askRegistries, type RegistryListing } from './registries.js';

/** Where certificates are given out. */
export interface CredentialService {
  /** Address of the certificate endpoint. */
  url: string;
  /** Host name by which a password is chosen from a netrc file. */
  realm: string;
}

const certificateStandard = 'ivo://ivoa.net/std/CDP#proxy-1.0';
const availabilityStandard = 'ivo://ivoa.net/std/VOSI#availability';
const basic = 'ivo://ivoa.net/sso#BasicAA';
const bearer = 'ivo://ivoa.net/sso#token';

const notOffered = (provider: IdentityProvider, reason: string): SkahaError =>
  new SkahaError(
    'server.discovery_failed',
    `The credential service of '${provider.key}' cannot be used: ${reason}.`,
    {
      hint: "Try again later, or use a certificate that you have: 'skaha login --certificate FILE'",
    },
  );

async function listingsWithFallback(
  provider: IdentityProvider,
  tools: DiscoveryTools,
): Promise<RegistryListing[]> {
  const { fallbackRegistry } = provider;
  try {
    return (await askRegistries(provider, tools, false)).listings;
  } catch (error) {
    tools.signal?.throwIfAborted();
    if (fallbackRegistry === undefined) throw error;
    const registries = [{ name: 'fallback', url: fallbackRegistry, development: false }];
    return (await askRegistries({ ...provider, registries }, tools, false)).listings;
  }
}

const preferHttps = (addresses: readonly string[]): string | undefined =>
  addresses.find((url) => url.startsWith('https:')) ?? addresses[0];

interface ServiceInterface {
  urls: readonly string[];
  /** Standard ids of the security methods; none means that anyone may ask. */
  methods: readonly string[];
}

const named = (parent: XmlElement, name: string): XmlElement[] =>
  parent.children.filter((child) => child.name === name);

function interfacesOf(capabilities: XmlElement, standard: string): ServiceInterface[] {
  return [...descendants(capabilities, 'capability')]
    .filter(({ attributes }) => attributes.get('standardID') === standard)
    .flatMap((capability) => [...descendants(capability, 'interface')])
    .map((one) => ({
      urls: named(one, 'accessURL').map(({ text }) => text.trim()),
      methods: named(one, 'securityMethod').map(
        ({ attributes }) => attributes.get('standardID') ?? '',
      ),
    }));
}

/** The first interface for the proof we hold, else one that asks for none (IVOA SSO profile). */
function chooseAddress(
  interfaces: readonly ServiceInterface[],
  method: string | undefined,
): string | undefined {
  const fitting = [
    interfaces.filter(({ methods }) => method !== undefined && methods.includes(method)),
    interfaces.filter(({ methods }) => methods.length === 0),
  ];
  for (const urls of fitting.map((group) => group.flatMap((one) => one.urls))) {
    const chosen = preferHttps(urls.filter((url) => url !== ''));
    if (chosen !== undefined) return chosen;
  }
  return undefined;
}

/**
 * Finds the service that gives out client certificates: through the registry to its capabilities,
 * never by a fixed path (IVOA Credential Delegation Protocol).
 *
 * @param provider - an identity provider of mode `x509`
 * @param proof - what will be shown there
 * @param tools - transport, rules and bounds
 * @throws {SkahaError} `server.discovery_failed` when it is not listed or not usable, or the errors
 * of the exchange
 */
export async function findCredentialService(
  provider: IdentityProvider,
  proof: 'password' | 'token',
  tools: DiscoveryTools,
): Promise<CredentialService> {
  const id = provider.credentialService;
  const entries = (await listingsWithFallback(provider, tools)).flatMap(
    (listing) => listing.entries,
  );
  const capabilitiesUrl = entries.find(({ uri }) => uri === id)?.url;
  if (id === undefined || capabilitiesUrl === undefined) {
    throw notOffered(provider, 'no registry lists it');
  }
  const xml = await fetchDocument(capabilitiesUrl, tools, 'application/xml, text/xml');
  const capabilities = parseXml(xml);
  const url = chooseAddress(
    interfacesOf(capabilities, certificateStandard),
    proof === 'password' ? basic : bearer,
  );
  if (url === undefined) throw notOffered(provider, `it does not accept a ${proof}`);
  const problem = addressProblem(url, tools);
  if (problem !== undefined) throw notOffered(provider, `its address ${problem}`);
  const availability = chooseAddress(interfacesOf(capabilities, availabilityStandard), undefined);
  const realm = new URL(
    availability !== undefined && URL.canParse(availability) ? availability : url,
  ).hostname;
  return { url, realm };
}
