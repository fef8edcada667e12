import { randomInt } from 'node:crypto';

const letters = 'abcdefghijklmnopqrstuvwxyz';
const alphabet = `${letters}0123456789`;

/** An integer from 0 to `bound`, exclusive; cryptographically random by default. */
export type RandomInteger = (bound: number) => number;

/**
 * A new identifier: characters from `a`–`z` and `0`–`9`, the first a letter (Skaha API).
 * A session id also opens the session's page, so it must not be guessable.
 *
 * @param length - 8 for a session, 3 for a desktop app
 */
export function newIdentifier(length: number, random: RandomInteger = randomInt): string {
  let id = letters.charAt(random(letters.length));
  while (id.length < length) id += alphabet.charAt(random(alphabet.length));
  return id;
}

/** The stored form of a name: lower case, at most 63 characters, no trailing hyphen (Skaha API). */
export function storedName(name: string): string {
  return name
    .toLowerCase()
    .slice(0, 63)
    .replace(/(?<!-)-+$/, '');
}

/** The name of a desktop app: the last segment of its image, with hyphens for `:`, `.` and `_`. */
export function appName(image: string): string {
  const segment = image.slice(image.lastIndexOf('/') + 1);
  return segment.toLowerCase().replace(/[:._]/g, '-');
}

const labelValue = /^(?:(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

/** What is wrong with an id as the value of a Kubernetes label; undefined if it is valid. */
export function labelFault(label: string, value: string): string | undefined {
  if (value.length > 63) return `${label} label value exceeds 63 characters`;
  if (!labelValue.test(value)) {
    return `${label} label value must match Kubernetes label value syntax`;
  }
  return undefined;
}

/** Whether a name can be used as a host name. */
export function isHostname(name: string): boolean {
  return name.length <= 63 && /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$/.test(name);
}

/** The name of a session's job, as it appears in events (Skaha API, identifiers). */
export function jobName(kind: string, owner: string, id: string): string {
  return `skaha-${kind}-${owner.replace(/[^0-9a-zA-Z-]/g, '-')}-${id}`.toLowerCase();
}

/** The same for a desktop app. */
export function appJobName(app: {
  readonly id: string;
  readonly appId: string;
  readonly owner: string;
  readonly name: string;
}): string {
  const whole = `${app.id}-${app.appId}-${app.owner}-${app.name}`.toLowerCase();
  return whole
    .replace(/[^0-9a-z-]/g, '-')
    .slice(0, 57)
    .replace(/(?<!-)-+$/, '');
}
