import { type LookupAddress, lookup } from 'node:dns';
import { BlockList, isIPv6, type LookupFunction } from 'node:net';

// What is not public (IANA special-purpose address registries, RFC 6890).
const notPublic = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  notPublic.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001:db8::', 32],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  notPublic.addSubnet(network, prefix, 'ipv6');
}

/** The IPv4 address inside an IPv6 one that maps or translates it (RFC 4291, RFC 6052). */
function embedded(address: string): string | undefined {
  const { groups } =
    /^(?:::ffff:|64:ff9b::)(?:(?<dotted>\d+\.\d+\.\d+\.\d+)|(?<high>[\da-f]{1,4}):(?<low>[\da-f]{1,4}))$/i.exec(
      address,
    ) ?? {};
  if (groups === undefined) return undefined;
  if (groups['dotted'] !== undefined) return groups['dotted'];
  const parts = [groups['high'], groups['low']].map((part) => Number.parseInt(part ?? '', 16));
  return parts.map((part) => `${part >> 8}.${part & 255}`).join('.');
}

/**
 * Tests whether an address belongs to the public Internet.
 *
 * @param address - IPv4 or IPv6, as text
 */
export function isPublicAddress(address: string): boolean {
  const inner = embedded(address);
  if (inner !== undefined) return isPublicAddress(inner);
  // Other spellings of embedded addresses are refused rather than decoded.
  if (/^(?:::|64:ff9b:|2002:)/i.test(address)) return false;
  return !notPublic.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

/**
 * Resolves names like the system does, but fails with `EADDRNOTPUBLIC` when any address of a name
 * is not public. Used in place of a check before connecting, because a name may by then resolve
 * to something else.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
    const [first] = found ?? [];
    if (error !== null || first === undefined) {
      callback(error ?? Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '', 0);
    } else if (!found.every(({ address }) => isPublicAddress(address))) {
      callback(Object.assign(new Error('not public'), { code: 'EADDRNOTPUBLIC' }), '', 0);
    } else if (options.all) callback(null, found);
    else callback(null, first.address, first.family);
  });
};
