import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { utimes, writeFile } from 'node:fs/promises';

/** A certificate that signs itself, and its key, both as PEM. */
export interface Pair {
  certificate: string;
  key: string;
}

// Just enough DER for a certificate (ITU-T X.690, RFC 5280).
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const integer = (value: number): Buffer => der(0x02, Buffer.from([value]));
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

const commonName = hex('0603550403');
const algorithms = {
  ec: sequence(hex('06082a8648ce3d040302')),
  rsa: sequence(hex('06092a864886f70d01010b0500')),
} as const;

function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/\D/g, '').slice(0, 14);
  return date.getUTCFullYear() < 2050
    ? der(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : der(0x18, Buffer.from(`${digits}Z`));
}

const keyPair = (kind: keyof typeof algorithms): { publicKey: KeyObject; privateKey: KeyObject } =>
  kind === 'ec'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('rsa', { modulusLength: 2048 });

/**
 * Makes a certificate and key.
 *
 * @param from - when it becomes valid
 * @param until - when it ends
 * @param kind - of the key
 */
export function makePair(from: Date, until: Date, kind: keyof typeof algorithms = 'ec'): Pair {
  const { publicKey, privateKey } = keyPair(kind);
  const name = sequence(der(0x31, sequence(commonName, der(0x0c, Buffer.from('ada')))));
  const body = sequence(
    der(0xa0, integer(2)),
    integer(1),
    algorithms[kind],
    name,
    sequence(time(from), time(until)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, privateKey));
  const lines = sequence(body, algorithms[kind], signature)
    .toString('base64')
    .replace(/.{1,64}/g, '$&\n');
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** Replaces a file's text and makes sure that its time differs too. */
export async function replace(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  await utimes(path, new Date(), new Date(Date.now() + 5000));
}
