import { createHash, generateKeyPairSync, sign } from 'node:crypto';

/** A certificate and its key as PEM. */
export interface ServerPair {
  cert: string;
  key: string;
}

// Just enough DER for a server certificate (ITU-T X.690, RFC 5280).
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const utcTime = (date: Date): Buffer =>
  der(0x17, Buffer.from(`${date.toISOString().replace(/\D/g, '').slice(2, 14)}Z`));
const extension = (id: string, value: Buffer): Buffer => sequence(hex(id), der(0x04, value));

/**
 * Makes a certificate for `localhost`, `127.0.0.1` and more names that signs itself, and so is its
 * own authority.
 */
export function makeServerPair(...names: readonly string[]): ServerPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(hex('06082a8648ce3d040302'));
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const serial = createHash('sha256').update(spki).digest().subarray(0, 8);
  const name = sequence(
    der(
      0x31,
      sequence(hex('0603550403'), der(0x0c, Buffer.from(`test server ${serial.toString('hex')}`))),
    ),
  );
  const dayMs = 86_400_000;
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), serial])),
    algorithm,
    name,
    sequence(utcTime(new Date(Date.now() - dayMs)), utcTime(new Date(Date.now() + 30 * dayMs))),
    name,
    spki,
    der(
      0xa3,
      sequence(
        extension('0603551d13', sequence(der(0x01, Buffer.from([0xff])))),
        extension(
          '0603551d11',
          sequence(
            ...['localhost', ...names].map((each) => der(0x82, Buffer.from(each))),
            der(0x87, Buffer.from([127, 0, 0, 1])),
          ),
        ),
      ),
    ),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, privateKey));
  const lines = sequence(body, algorithm, signature)
    .toString('base64')
    .replace(/.{1,64}/g, '$&\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}
