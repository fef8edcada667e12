import type { ServerEntry, ServerLimits } from '../schema.js';
import type { Found } from './found.js';
import { type Foreign, isForeign, mapAt, numberAt, textAt } from './python-file.js';

function rangeAt(parent: Foreign, key: string) {
  const range = mapAt(parent, key);
  const min = numberAt(range, 'min');
  const max = numberAt(range, 'max');
  if (min === undefined || max === undefined) return undefined;
  // An empty range would refuse every value.
  return min >= 0 && min <= max ? { min, max } : undefined;
}

function sizeAt(parent: Foreign, key: string) {
  const size = mapAt(parent, key);
  const cores = rangeAt(size, 'cores');
  const memory = rangeAt(size, 'ram');
  return cores === undefined || memory === undefined ? undefined : { cores, memory };
}

/** The server's own figures; what is not understood is reported. */
function limitsOf(given: Foreign, from: string, found: Found): ServerLimits {
  const read = {
    flexible: sizeAt(given, 'flexible'),
    fixed: sizeAt(given, 'fixed'),
    gpus: rangeAt(given, 'gpus'),
    sessions: numberAt(given, 'sessions'),
  };
  if (!Number.isSafeInteger(read.sessions) || Number(read.sessions) < 1) read.sessions = undefined;
  const limits: ServerLimits = {};
  for (const [key, known] of Object.entries(read)) {
    if (known !== undefined) Object.assign(limits, { [key]: known });
    else if (Object.hasOwn(given, key) && given[key] !== null)
      found.leftOut.push({ from: `${from}.${key}`, reason: 'it cannot be understood' });
  }
  return limits;
}

function storageOf(given: Foreign, from: string, found: Found) {
  const storage: NonNullable<ServerEntry['storage']> = {};
  for (const [name, service] of Object.entries(given)) {
    const url = isForeign(service) ? textAt(service, 'url') : undefined;
    const uri = isForeign(service) ? textAt(service, 'uri') : undefined;
    if (name === '' || url === undefined || !URL.canParse(url))
      found.leftOut.push({ from: `${from}.${name}`, reason: 'its url is missing or not valid' });
    else storage[name] = { uri, url };
  }
  return storage;
}

/**
 * Takes what version 2 of the file says about a server: its limits, and where its files are.
 *
 * @param given - the server as the file has it
 * @param server - the server as it is taken; changed in place
 * @param from - where it is in the file
 * @param found - what is left out is added to it
 */
export function takeLimits(given: Foreign, server: ServerEntry, from: string, found: Found): void {
  const resources = mapAt(given, 'resources');
  const limits = limitsOf(resources, `${from}.resources`, found);
  if (Object.keys(limits).length > 0) server.limits = limits;
  const storage = storageOf(mapAt(given, 'storage'), `${from}.storage`, found);
  if (Object.keys(storage).length > 0) server.storage = storage;
}
