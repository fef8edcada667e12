/** How much trust an address gets. */
export interface AddressRules {
  /** Allows IP addresses and names that are not public, and plain http to this machine. */
  development: boolean;
}

const isLoopbackHost = (hostname: string): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);

/**
 * Says what is wrong with an address that came from a registry or a provider.
 *
 * @param address - as received
 * @param rules - whether development is allowed
 * @returns words that follow "its address"; undefined when nothing is wrong
 */
export function addressProblem(address: string, { development }: AddressRules): string | undefined {
  if (!URL.canParse(address)) return 'is not a URL';
  const { protocol, username, password, hostname, hash } = new URL(address);
  const plain = protocol === 'http:' && development && isLoopbackHost(hostname);
  if (protocol !== 'https:' && !plain) return 'is not https';
  if (username !== '' || password !== '') return 'contains a user name or password';
  if (hash !== '') return 'contains a fragment';
  if (development) return undefined;
  if (hostname.startsWith('[') || /^\d+(?:\.\d+){3}$/.test(hostname)) {
    return 'is an IP address instead of a name';
  }
  if (hostname === 'localhost' || hostname.endsWith('.localhost') || !hostname.includes('.')) {
    return 'is not public';
  }
  return undefined;
}
