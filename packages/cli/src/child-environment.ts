const secrets = [
  'SKAHA_PASSWORD',
  'SKAHA_TOKEN',
  'CANFAR_TOKEN',
  'SKAHA_REGISTRY_SECRET',
  'CANFAR_REGISTRY__SECRET',
];

/**
 * The variables for a program that is started from here: all but those that hold secrets.
 *
 * @param env - the variables of this process
 */
export const childEnvironment = (
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !secrets.includes(name)));
