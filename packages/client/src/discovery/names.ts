import { isName } from '@skaha/base/names.js';

/** Names of the servers that are known, by their identifier in the registry. */
const knownNames: Readonly<Record<string, string>> = {
  'ivo://cadc.nrc.ca/skaha': 'canfar',
  'ivo://canfar.net/src/skaha': 'canSRC',
  'ivo://swesrc.chalmers.se/skaha': 'sweSRC',
  'ivo://canfar.cam.uksrc.org/skaha': 'ukCAM',
  'ivo://canfar.ral.uksrc.org/skaha': 'ukRAL',
  'ivo://src.skach.org/skaha': 'chSRC',
  'ivo://espsrc.iaa.csic.es/skaha': 'espSRC',
  'ivo://canfar.itsrc.oact.inaf.it/skaha': 'itaINAF',
  'ivo://shion-sp.mtk.nao.ac.jp/skaha': 'jpSRC',
  'ivo://canfar.krsrc.kr/skaha': 'krSRC',
  'ivo://canfar.ska.zverse.space/skaha': 'cnSRC',
  'ivo://canfar.itsrc.ext.cineca.it/skaha': 'itCINECA',
  'ivo://canfar.srcnet.skao.int/skaha': 'skaSRC',
  'ivo://aussrc.org/skaha': 'ausSRC',
};

/** Entries that a registry lists but that are not meant for its users. */
const omitted: readonly { registry: string; uri: string }[] = [
  { registry: 'CADC', uri: 'ivo://canfar.net/src/skaha' },
];

const developmentWords = new Set([
  'dev',
  'development',
  'test',
  'demo',
  'stage',
  'staging',
  'preprod',
]);

/**
 * Names a server: by the table of known ones, else by the host in its identifier.
 *
 * @param uri - as in the registry, for example `ivo://a.b.org/skaha`
 * @returns a name fit for the configuration, for example `a-b-org`; undefined if none can be made
 * @example
 * ```ts
 * import { serverName } from 'skaha/account';
 *
 * console.log(serverName('ivo://a.b.org/skaha')); // a-b-org
 * ```
 */
export function serverName(uri: string): string | undefined {
  if (Object.hasOwn(knownNames, uri)) return knownNames[uri];
  const host = /^[a-z]+:\/\/([^/]+)/i.exec(uri)?.[1];
  if (host === undefined) return undefined;
  const slug = host.replaceAll('.', '-');
  const name = /^[A-Za-z]/.test(slug) ? slug : `s-${slug}`;
  return isName(name) ? name : undefined;
}

/**
 * Tests whether a server has a name in the table of known ones.
 *
 * @param uri - as in the registry
 */
export const isWellKnown = (uri: string): boolean => Object.hasOwn(knownNames, uri);

/**
 * Tests whether an address is that of a development server, by whole labels: `latest.example.org`
 * is none although it contains "test".
 *
 * @param address - a URI or URL
 */
export function isDevelopment(address: string): boolean {
  const lower = address.toLowerCase();
  return (
    lower.split(/[./]/).some((label) => label.startsWith('rc-')) ||
    lower.split(/[./\-_:]/).some((label) => developmentWords.has(label))
  );
}

/**
 * Tests whether an entry of a registry is left out always, development or not.
 *
 * @param registry - name of the registry
 * @param uri - identifier of the entry
 */
export const isOmitted = (registry: string, uri: string): boolean =>
  omitted.some((pair) => pair.registry === registry && pair.uri === uri);
