// How a launch is distinguished from others: an extension that the local platform has. The Skaha API has
// nothing like it, and its servers pass over what they do not know.

/** Header of a create: what its caller calls the launch. Also that of a reply that looked for one. */
export const launchKeyHeader = 'launch-key';

/** Header of replies of a server that remembers it, for as long as the session is listed. */
export const acceptLaunchKeyHeader = 'accept-launch-key';

/** Parameter of a list: only what was launched so. */
export const launchParameter = 'launch';

/** What a key is made of; nothing else is remembered. */
export const isLaunchKey = (text: string): boolean => /^[A-Za-z0-9-]{8,80}$/.test(text);
