import { builtInProviders, serverName } from 'skaha/account';
import type { ImportOptions } from 'skaha/config';

const providerAt = (discovery: string) => {
  const found = builtInProviders.find((provider) => provider.discovery === discovery);
  return found?.issuer === undefined ? undefined : { key: found.key, issuer: found.issuer };
};

/** What an import of settings must know that is written in no file. */
export const importTools: ImportOptions['tools'] = { serverName, providerAt };
